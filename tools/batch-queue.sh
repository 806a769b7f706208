# SPDX-License-Identifier: MIT
# Sourced by run-batch-jobs: jobs are submitted one after another to Slurm, each starting when the one before has
# ended (on few cores two jobs at a time would only be in each other's way), and become rows of a table.
#
# Uses: root, most_ranks, time_limit; counts in `wrong` the jobs that are not right.

jobs=() wrong=0 last_job='' deadline=$((SECONDS + time_limit))
declare -A job_id job_title job_check job_output job_left_out

# The value of a directive in one of the scripts.
directive() { sed -n "s/^#SBATCH --$2=\([^ ]*\).*/\1/p" "$root/examples/slurm/$1"; }

ranks_per_node() {
  local ranks
  ranks=$(directive "$1" ntasks-per-node)
  echo $((ranks < most_ranks ? ranks : most_ranks))
}

ranks_of() { echo $(($(directive "$1" nodes) * $(ranks_per_node "$1"))); }

# enqueue LABEL TITLE CHECK OUTPUT SBATCH-ARGUMENT...
enqueue() {
  local label=$1
  jobs+=("$label")
  job_title[$label]=$2 job_check[$label]=$3 job_output[$label]=$4
  shift 4
  last_job=$(sbatch --parsable ${last_job:+--dependency=afterany:$last_job} "$@")
  job_id[$label]=$last_job
}

# submit LABEL SCRIPT CHECK [ARGUMENT...]: one of the course's jobs with at most so many ranks.
submit() {
  local label=$1 script=$2 check=$3 output changes=(--partition=cpu)  # the lab's
  shift 3
  output=$(directive "$script" output)
  if [[ $output != "$label"_* ]]; then output=$label.txt; fi  # the same job once more
  if (($(ranks_per_node "$script") < $(directive "$script" ntasks-per-node))); then
    changes+=(--ntasks-per-node="$(ranks_per_node "$script")")
  fi
  # The cores are pretended, and the search takes as many threads as it is given cores.
  if [[ $label == 4* ]]; then changes+=(--cpus-per-task=1); fi
  if [[ $output == "$label.txt" ]]; then changes+=(--output="$output"); fi
  enqueue "$label" "$(directive "$script" job-name)" "$check" "$output" \
    "${changes[@]}" "$root/examples/slurm/$script" "$@"
}

# submit_text LABEL TITLE CHECK RANKS: a job whose script is the standard input.
submit_text() { enqueue "$1" "$2" "$3" "$1.txt" --ntasks="$4" --time=5 --output="$1.txt"; }

left_out() {
  jobs+=("$1")
  job_title[$1]=$(directive "$2" job-name) job_left_out[$1]=$3
}

# field LABEL NAME: what Slurm knows of a job.
field() { scontrol --oneliner show job "${job_id[$1]}" | grep -o " $2=[^ ]*" | head -n 1 | cut -d= -f2-; }

# Waits until a job has ended; a terminal is shown that it still runs.
wait_for() {
  local state=''
  while :; do
    state=$(field "$1" JobState)
    case $state in
      PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED) ;;
      *) break ;;
    esac
    if ((SECONDS > deadline)); then
      echo "The time limit of $time_limit seconds is over; job $1 is $state." >&2
      scancel --user=root
      deadline=$((SECONDS + 30))
    fi
    if [[ -t 1 ]]; then printf '\r%-9s  %-20s %s %s ' "$1" "${job_title[$1]}" "$state" "$(field "$1" RunTime)"; fi
    sleep 0.2
  done
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
}

row() { printf '%-9s  %-20s %5s %5s  %-10s %8s  %s\n' "$@"; }

# Waits for all jobs that were submitted since the last table, and shows how each ended. Where it is not right, what
# it printed comes after the table.
table() {
  local label state ranks complaint complaints=''
  row job name nodes ranks state time verdict
  for label in "${jobs[@]}"; do
    if [[ ${job_left_out[$label]:-} ]]; then
      row "$label" "${job_title[$label]}" - - - - "LEFT OUT: ${job_left_out[$label]}"
      continue
    fi
    wait_for "$label"
    state=$(field "$label" JobState)
    ranks=$(field "$label" NumTasks)
    complaint=$("${job_check[$label]}" "${job_output[$label]}" "$ranks" "$state" "$label" 2>&1) ||
      complaint=${complaint:-the check failed}
    row "$label" "${job_title[$label]}" "$(field "$label" NumNodes)" "$ranks" "$state" "$(field "$label" RunTime)" \
      "$([[ $complaint ]] && echo WRONG || echo right)"
    if [[ $complaint ]]; then
      wrong=$((wrong + 1))
      complaints+="
Job $label (${job_title[$label]}): $complaint
The end of what it printed:
$(tail -n 20 "${job_output[$label]}" 2>&1 | cut -c1-300 | sed 's/^/  | /')
"
    fi
  done
  printf '%s' "$complaints"
  jobs=()
}
