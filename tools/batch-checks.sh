# SPDX-License-Identifier: MIT
# Sourced by run-batch-jobs: what each job must have printed, worked out here from the number of its ranks, and for the
# string matching from what program 5 found without Slurm. A check prints what is wrong, or nothing.
#
#   CHECK OUTPUT RANKS STATE LABEL

completed() { [[ $1 == COMPLETED ]] || echo "it ended as $1, not COMPLETED"; }

# The output is the lines of the standard input, in any order.
prints() {
  diff <(sort) <(sort "$1") | sed -n 's/^</missing:/p; s/^>/too much:/p' | head -n 5
}

check_0() {
  completed "$3"
  prints "$1" <<< "Rank 1 received value: 42
Rank 0 received result: $((2 * 42))"
}

check_1() {
  completed "$3"
  local rank
  for ((rank = 1; rank < $2; ++rank)); do
    echo "Rank $rank received value: $((42 + rank))"
    echo "Rank 0 received result: $((2 * (42 + rank))) from rank $rank"
  done | prints "$1"
}

check_2() {
  completed "$3"
  local number total=0
  for ((number = 0; number < 1000; ++number)); do total=$((total + number)); done
  prints "$1" <<< "Total sum is: $total"
}

# Seconds are the machine's affair.
without_times() { sed -E 's/[0-9]+\.[0-9]+ seconds/some seconds/' "$1"; }

# Program 3 compares all squares itself.
check_3() {
  completed "$3"
  prints <(without_times "$1") <<< "Standard communication (list): some seconds
Buffered communication (array): some seconds"
}

# What a string matching program prints on so many ranks when each row is repeated so often: every pair is there
# repeats² times.
matching_output() {
  local ranks=$1 copies=$(($2 * $2)) ratios pairs
  ratios=$(sed -n 's/^Ratios to compute: //p' reference.txt)
  pairs=$(($(wc -l < reference.tsv) - 1))
  echo "Ratios to compute: $((ratios * copies))"
  echo "MultiProcessing completed in some seconds with $ranks mpi processes."
  echo "Found $((pairs * copies)) similar pairs"
  awk -F '\t' -v copies=$copies '
    NR == 1 { printf "%10s %10s %8s\n", $1, $2, $3 }
    NR > 1 { for (i = 0; i < copies && shown < 10; ++i) { printf "%10s %10s %8.6f\n", $1, $2, $3; ++shown } }
    shown == 10 { exit }' reference.tsv
}

check_matching() {
  completed "$3"
  matching_output "$2" 1 | prints <(without_times "$1" | grep -v '^Sequential processing')
  cmp "$4.tsv" reference.tsv
}

check_repeated() {
  completed "$3"
  matching_output "$2" "$repeats" | prints <(without_times "$1")
}

# The whole rows of a search's file without the names of the combinations: six parameters, seconds, accuracy, error.
search_rows() { awk -F, 'NR > 1 && NF == 10' "$1" | cut -d, -f2- | sort; }
combinations() { search_rows "$1" | cut -d, -f1-6; }
accuracies() { search_rows "$1" | cut -d, -f1-6,8-; }

# Every combination of the values that occur is there once, and each has the accuracy that it had in the first search.
check_search() {
  completed "$3"
  grep -q "completed in [0-9.]* seconds with $2 mpi processes" "$1" || echo "it does not say that it used $2 ranks"
  local file=static.csv column expected=1
  [[ $4 == 4 ]] || file=${4#4-}.csv
  for column in 1 2 3 4 5 6; do
    expected=$((expected * $(combinations "$file" | cut -d, -f$column | distinct)))
  done
  (($(combinations "$file" | distinct) == expected)) || echo "not all of the $expected combinations are there"
  (($(combinations "$file" | wc -l) == expected)) || echo "some combinations are there more than once"
  [[ ! $(search_rows "$file" | cut -d, -f9 | grep .) ]] || echo "some trainings failed"
  diff <(accuracies static.csv) <(accuracies "$file") > /dev/null || echo "other accuracies than in static.csv"
}

distinct() { sort -u | wc -l; }

# Ends a search when a quarter of its rows are there.
interrupt_search() {
  submit 4-resumed 4_batch_hyper_boost.sh check_search "${search[@]}" --schedule dynamic --output resumed.csv
  jobs=()
  local rows_there=0 all
  all=$(search_rows static.csv | wc -l)
  while [[ $(field 4-resumed JobState) =~ PENDING|RUNNING ]] && ((rows_there < (all + 3) / 4)); do
    sleep 0.2
    if [[ -e resumed.csv ]]; then rows_there=$(search_rows resumed.csv | wc -l); fi
  done
  scancel "${job_id[4-resumed]}"
  wait_for 4-resumed
  cp resumed.csv interrupted.csv
  echo "Interrupted with $(search_rows interrupted.csv | wc -l) rows of $all there: $(field 4-resumed JobState)"
}

# The search is complete, and what was there before has not been done again: its seconds are the same.
check_resumed() {
  check_search "$@"
  [[ -z $(comm -23 <(search_rows interrupted.csv) <(search_rows resumed.csv)) ]] || echo "finished rows were done again"
  (($(wc -l < interrupted.csv) < $(wc -l < resumed.csv))) || echo "the search had not been interrupted"
}

check_module() {
  completed "$3"
  prints "$1" <<< "srun --mpi=$(cache MPI4CXX_SRUN_MPI)
compiled"
}

# The job fails, and the library says what to do; Open MPI itself refuses before that.
check_wrong_pmi() {
  [[ $3 == FAILED ]] || echo "it ended as $3, not FAILED"
  [[ $(cache MPI4CXX_SRUN_MPI) != pmi2 ]] || (($(grep -c 'use srun --mpi=pmi2' "$1") == 1)) ||
    echo "the sentence with the remedy should be there once"
}

# Where rank 1 kills itself; see tests/runtime/scenarios/killed.cpp. Each job step ends by itself, and srun says why.
killed_in="isend irecv allgather Allreduce Fence Write_all"
check_killed() {
  local where
  for where in $killed_in; do
    grep -qx "$where: ended" "$1" || echo "the ranks did not end within 20 seconds: killed in $where"
  done
  (($(grep -c 'rank 1 goes' "$1") == $(wc -w <<< "$killed_in"))) || echo "rank 1 did not come to the place"
  grep -q 'task 1: Killed' "$1" || echo "srun does not say that a rank was killed"
  grep -E 'FAILED|it succeeded' "$1" || true
}
