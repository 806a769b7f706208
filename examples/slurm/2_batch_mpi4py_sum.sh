#!/bin/bash -l
# SPDX-License-Identifier: MIT
# Job 2: a sum by collectives.
#SBATCH --account=p200884              # project account
#SBATCH --partition=cpu                # cluster partition
#SBATCH --qos=short                    # quality of service
#SBATCH --job-name=2_mpi_sum
#SBATCH --time=0-00:05:00              # the job is ended after this time (D-HH:MM:SS)
#SBATCH --nodes=1                      # number of nodes
#SBATCH --ntasks-per-node=128          # ranks on each node
#SBATCH --cpus-per-task=2              # cores of each rank
#SBATCH --output=2_mpi_sum.txt

# The module, where there is one, knows which PMI fits its MPI.
if module is-avail mpi4cxx 2> /dev/null; then module load mpi4cxx; fi
export SLURM_MPI_TYPE=${SLURM_MPI_TYPE:-pmi2}         # MPICH: pmi2, Open MPI: pmix
programs=${MPI4CXX_PROGRAMS:-build/release/examples}  # relative to where sbatch was called

# -K ends the job when one of its ranks fails; the others would wait for it.
srun -K --cpus-per-task="$SLURM_CPUS_PER_TASK" "$programs/2_mpi_sum" "$@"
