// SPDX-License-Identifier: MIT
// Every call may be the first one of a program.
#include "scenarios.hpp"

#include <optional>

namespace {

const std::map<std::string, std::function<void(const MPI::Intracomm&)>> first_calls = {
    {"Get_rank", [](const auto& comm) { require(comm.Get_rank() < 2, "a rank"); }},
    {"Get_size", [](const auto& comm) { require(comm.Get_size() == 2, "the size"); }},
    {"native", [](const auto& comm) { require(comm.native() == MPI_COMM_WORLD, "the world"); }},
    {"Get_name",
     [](const auto& comm) { require(comm.Get_name() == "MPI_COMM_WORLD", "the name"); }},
    {"Get_group", [](const auto& comm) { require(comm.Get_group().Get_size() == 2, "the group"); }},
    {"Compare",
     [](const auto& comm) { require(comm.Compare(MPI::COMM_SELF) == MPI::UNEQUAL, "comparison"); }},
    {"Dup", [](const auto& comm) { require(comm.Dup().Get_size() == 2, "a duplicate"); }},
    {"Split", [](const auto& comm) { require(comm.Split(0).Get_size() == 2, "a split"); }},
    {"Barrier", [](const auto& comm) { comm.Barrier(); }},
    {"barrier", [](const auto& comm) { comm.barrier(); }},
    {"bcast_raw", [](const auto& comm) { require(comm.bcast(5, 1) == 5, "bcast"); }},
    {"bcast", [](const auto& comm) { require(comm.bcast(std::string("b"), 1) == "b", "bcast"); }},
    {"gather", [](const auto& comm) { comm.gather(std::string("g"), 1); }},
    {"gather_raw", [](const auto& comm) { comm.gather(1, 1); }},
    {"allgather",
     [](const auto& comm) { require(comm.allgather(std::string("a")).size() == 2, "allgather"); }},
    {"allgather_raw",
     [](const auto& comm) { require(comm.allgather(1).size() == 2, "allgather"); }},
    {"scatter",
     [](const auto& comm) {
       require(comm.scatter(Strings{"x", "x"}, 1) == "x", "scatter");
     }},
    {"scatter_raw",
     [](const auto& comm) {
       require(comm.scatter(std::vector<int>{4, 4}, 1) == 4, "scatter");
     }},
    {"alltoall",
     [](const auto& comm) {
       require(comm.alltoall(Strings{"x", "x"}).size() == 2, "alltoall");
     }},
    {"reduce", [](const auto& comm) { comm.reduce(std::string("r"), MPI::SUM, 1); }},
    {"reduce_raw", [](const auto& comm) { comm.reduce(1, MPI::SUM, 1); }},
    {"allreduce",
     [](const auto& comm) { require(comm.allreduce(std::string("r")) == "rr", "allreduce"); }},
    {"allreduce_raw", [](const auto& comm) { require(comm.allreduce(1) == 2, "allreduce"); }},
    {"allreduce_vector",
     [](const auto& comm) {
       require(comm.allreduce(std::vector<int>{1, 2}).at(1) == 4, "allreduce");
     }},
    {"scan", [](const auto& comm) { require(comm.scan(std::string("s")).front() == 's', "scan"); }},
    {"scan_raw", [](const auto& comm) { require(comm.scan(1) > 0, "scan"); }},
    {"exscan", [](const auto& comm) { comm.exscan(std::string("s")); }},
    {"exscan_raw", [](const auto& comm) { comm.exscan(1); }},
    {"Bcast_of_some",
     [](const auto& comm) {
       std::vector<int> values(8);
       comm.Bcast({values, 4}, 1);
     }},
    {"Get_count",
     [](const auto& comm) {
       require(MPI::Status().Get_count(MPI::INT) == 0, "the count of an empty status");
       comm.Barrier();
     }},
    {"Send_of_some",
     [](const auto& comm) {
       std::vector<int> values(8);
       comm.Send({values, 4, MPI::INT}, MPI::PROC_NULL);
     }},
    {"Allreduce",
     [](const auto& comm) {
       int mine = 1, sum = 0;
       comm.Allreduce(mine, sum);
       require(sum == 2, "Allreduce");
     }},
    {"Gather",
     [](const auto& comm) {
       int mine = 1, all[2] = {};
       comm.Gather(mine, all, 1);
     }},
    {"Ibarrier", [](const auto& comm) { comm.Ibarrier().Wait(); }},
    {"send",
     [](const auto& comm) {
       // one rank starts with a send, the other with a receive from any
       if (launched_rank() == 0)
         comm.send(std::string("s"), 1);
       else
         require(comm.template recv<std::string>() == "s", "recv");
     }},
    {"isend",
     [](const auto& comm) {
       if (launched_rank() == 0)
         comm.isend(std::string("s"), 1).Wait();
       else
         require(comm.template irecv<std::string>().wait() == "s", "irecv");
     }},
    {"Send",
     [](const auto& comm) {
       int number = 5;
       if (launched_rank() == 0)
         comm.Send(number, 1);
       else
         comm.Recv(number);
     }},
    {"Isend",
     [](const auto& comm) {
       int number = 5;
       if (launched_rank() == 0)
         comm.Isend(number, 1).Wait();
       else
         comm.Irecv(number).Wait();
     }},
    {"probe",
     [](const auto& comm) {
       if (launched_rank() == 0)
         comm.send(1, 1);
       else
         require(comm.probe() && comm.template recv<int>() == 1, "probe");
     }},
    {"improbe",
     [](const auto& comm) {
       if (launched_rank() == 0) comm.send(1, 1);
       std::optional<MPI::Message> message;
       while (launched_rank() == 1 && !message) message = comm.improbe();
       if (message) require(message->template recv<int>() == 1, "improbe");
     }},
    {"sendrecv",
     [](const auto& comm) {
       require(comm.sendrecv(std::string("s"), 1 - launched_rank()) == "s", "sendrecv");
     }},
    {"Op_Create",
     [](const auto& comm) {
       const auto op = MPI::Op::Create<int>([](int a, int b) { return a + b; });
       int mine = 1, sum = 0;
       comm.Allreduce(mine, sum, op);
       require(sum == 2, "Allreduce");
     }},
    {"Datatype",
     [](const auto&) { require(MPI::INT.Create_contiguous(2).Get_size() == 8, "a datatype"); }},
    {"Get_processor_name",
     [](const auto&) { require(!MPI::Get_processor_name().empty(), "a name"); }},
    {"Wtime", [](const auto&) { require(MPI::Wtime() >= 0, "the time"); }},
};

}  // namespace

int first_call(const std::string& name) {
  const auto found = first_calls.find(name);
  require(found != first_calls.end(), "the name of a call");
  found->second(MPI::COMM_WORLD);
  require(MPI::COMM_WORLD.Get_size() == 2, "the size");
  return held();
}
