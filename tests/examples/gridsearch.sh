#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One check of the hyperparameter search on a number of ranks: gridsearch.sh CASE RANKS PROGRAMS
set -u

check=$1
ranks=$2
programs=$3
source "$(dirname "${BASH_SOURCE[0]}")/../support/programs.sh"

# Ranks with more threads than the machine has cores: let the threads sleep while they wait.
export OMP_WAIT_POLICY=passive
unset SLURM_CPUS_PER_TASK
program=4_boost_gridsearch
log=$work/log.csv
course_header=combination,n_estimators,learning_rate,max_depth,subsample,colsample_bytree,reg_lambda,elapsed,accuracy

search() {
  succeeds "$program" --rows 2000 --output "$log" "$@"
}

rows_of() { sed 1d "$1"; }

# The parameters and the accuracy of each row, in order.
accuracies() { rows_of "$1" | cut -d, -f2-7,9 | sort; }

# has_all_once FILE COUNT: that many rows, each of another combination, with a name of its own.
has_all_once() {
  local fields
  [ "$(head -n 1 "$1")" = "$course_header,error" ] || fail "it should have the course's columns"
  [ "$(rows_of "$1" | wc -l)" -eq "$2" ] || fail "there should be $2 rows: $(cat "$1")"
  for fields in 1 2-7; do
    [ "$(rows_of "$1" | cut -d, -f$fields | sort -u | wc -l)" -eq "$2" ] ||
      fail "fields $fields should be different in all rows: $(cat "$1")"
  done
}

check_schedules() {
  local grid='n_estimators=3,9;max_depth=2,4;learning_rate=0.3;subsample=0.7,1' schedule rank all_ranks
  # What one rank finds with one thread is what is compared with.
  all_ranks=$ranks
  ranks=1
  search --grid "$grid" --threads 1
  has_all_once "$log" 8
  accuracies "$log" >"$work/alone"
  [ "$(cut -d, -f7 "$work/alone" | sort -u | wc -l)" -gt 4 ] || fail "parameters should matter"
  ranks=$all_ranks

  succeeds "$program" --rows 2000 --write-data "$work/data.csv"
  for schedule in static dynamic; do
    search --grid "$grid" --schedule "$schedule" --overwrite
    has_all_once "$log" 8
    accuracies "$log" | cmp -s - "$work/alone" || fail "accuracies should be those of one rank"
    [ "$(grep -cE '^Rank [0-9]+: [0-9]+/[0-9]+ \| Accuracy: 0\.[0-9]+ \| Elapsed: ' "$work/out")" -eq 8 ] ||
      fail "each training should have its line"
    grep -q '^Progress: 4/8 (.* left, until ' "$work/out" || fail "it should say when it will end"
    has_line 'Progress: 8/8 \(100 %\), .*'
    for ((rank = 0; rank < ranks; ++rank)); do
      has_line " *$rank +[0-9]+ +[0-9.]+ +[0-9.]+"
    done
    has_line "MultiProcessing completed in [0-9.]+ seconds with $ranks mpi processes\."
    # The table is sorted, and its first row is the best of the file.
    sed -n '/^combination /,/^rank /p' "$work/out" | sed '1d;$d' | awk '{ print $9 }' >"$work/table"
    [ "$(wc -l <"$work/table")" -eq 8 ] || fail "the table should have 8 rows"
    sort -r "$work/table" | cmp -s - "$work/table" || fail "the table should have the best first"
    [ "$(head -n 1 "$work/table")" = "$(printf '%.4f' "$(cut -d, -f7 "$work/alone" | sort -r | head -n 1)")" ] ||
      fail "the table should begin with the best row of the file"
  done
  # The generated data, as a file
  succeeds "$program" --data "$work/data.csv" --output "$work/file.csv" --grid "$grid"
  accuracies "$work/file.csv" | cmp -s - "$work/alone" || fail "the file should be the data"

  # The threads of a rank
  search --grid "n_estimators=3" --overwrite --threads 3
  has_line ".* 3 XGBoost threads on rank 0"
  export SLURM_CPUS_PER_TASK=2
  search --grid "n_estimators=3" --overwrite
  has_line ".* 2 XGBoost threads on rank 0"
  unset SLURM_CPUS_PER_TASK

  # Fewer combinations than ranks
  for schedule in static dynamic; do
    search --grid "n_estimators=3" --schedule "$schedule" --overwrite --progress bar
    has_all_once "$log" 1
  done
}

# The launcher is killed as soon as the file has a row, and half a row is left behind.
check_resume() {
  local grid='n_estimators=60;max_depth=6;learning_rate=0.1,0.2,0.3;reg_lambda=1,2,3,4' schedule search_id
  for schedule in static dynamic; do
    rm -f "$log"
    MPIEXEC_TIMEOUT=$time_limit "$mpiexec" "$numproc_flag" "$ranks" "$programs/$program" \
      --rows 3000 --output "$log" --grid "$grid" --schedule "$schedule" >"$work/out" 2>"$work/err" </dev/null &
    search_id=$!
    last_command="$program (on $ranks ranks), which is then killed"
    status=0
    until [ -s "$log" ] && [ "$(wc -l <"$log")" -ge 2 ]; do
      kill -0 "$search_id" 2>/dev/null || { fail "it should write rows as they arrive" && return; }
      sleep 0.02
    done
    kill -KILL "$search_id"
    wait "$search_id" 2>/dev/null
    # Ranks that outlive the launcher for a moment have this file open, not the next.
    cp "$log" "$work/copy" && mv "$work/copy" "$log"
    cp "$log" "$work/interrupted"
    [ "$(rows_of "$log" | wc -l)" -lt 12 ] || fail "it should not have come to its end"
    printf '9-99,60,0.1,6' >>"$log"

    refused "results already: --resume goes on with that search, --overwrite begins anew" \
      "$program" --rows 3000 --output "$log" --grid "$grid"
    refused "give the same options, or --overwrite" \
      "$program" --rows 2999 --output "$log" --grid "$grid" --resume
    succeeds "$program" --rows 3000 --output "$log" --grid "$grid" --schedule "$schedule" --resume
    has_all_once "$log" 12
    [ -z "$(grep -vxFf "$log" <(sed '$d' "$work/interrupted"))" ] ||
      fail "what was there should still be there"
    [ "$(grep -c '^Rank ' "$work/out")" -lt 12 ] || fail "what was done should not be done again"
    # Nothing is left to do.
    cp "$log" "$work/complete"
    succeeds "$program" --rows 3000 --output "$log" --grid "$grid" --schedule "$schedule" --resume
    ! grep -q '^Rank ' "$work/out" || fail "there is nothing to do"
    cmp -s "$log" "$work/complete" || fail "nothing should have changed"
  done
}

check_failures() {
  local grid='n_estimators=3;max_depth=2;subsample=2,1' schedule
  for schedule in static dynamic; do
    search --grid "$grid" --schedule "$schedule" --overwrite
    has_all_once "$log" 2
    [ "$(grep -cE '^[0-9]+-[0-9]+,3,0.05,2,1,1,10,[^,]+,0\.[0-9]+,$' "$log")" -eq 1 ] ||
      fail "one training should succeed: $(cat "$log")"
    [ "$(grep -cE '^[0-9]+-[0-9]+,3,0.05,2,2,1,10,[^,]+,,".*subsample.*"$' "$log")" -eq 1 ] ||
      fail "one training should have an error: $(cat "$log")"
    grep -qE '^Rank [0-9]+: [0-9]+/[0-9]+ \| Failed: .*subsample' "$work/out" || fail "it should say so"
    # What failed is tried again.
    search --grid "$grid" --schedule "$schedule" --resume
    has_all_once "$log" 2
    [ "$(grep -c '^Rank ' "$work/out")" -eq 1 ] || fail "one training should be tried again"
  done
}

check_plot() {
  local picture=$work/picture.png tiny=(--grid "n_estimators=3;max_depth=2,3" --overwrite --plot)
  if command -v gnuplot >/dev/null; then
    search "${tiny[@]}" "$picture"
    has_line "Picture: .*picture.png"
    [ "$(head -c 4 "$picture" | tail -c 3)" = PNG ] || fail "it should be a PNG file"
  else
    echo "NOT CHECKED: gnuplot is not installed (Debian: gnuplot-nox)"
  fi
  # Without gnuplot the rest is as it would be. Open MPI gives its ranks its own folder, often gnuplot's, in PATH.
  if "$mpiexec" --version 2>/dev/null | grep -qE "Open ?(MPI|RTE)"; then return; fi
  local path=$PATH
  mkdir "$work/bin"
  ln -s "$(command -v timeout)" "$work/bin/timeout"
  /bin/rm -f "$picture"
  PATH=$work/bin
  run "$program" --rows 2000 --output "$log" "${tiny[@]}" "$picture"
  PATH=$path
  [ "$status" -eq 0 ] || fail "it should do without gnuplot"
  has_all_once "$log" 2
  has_line ".*picture.png is not drawn: gnuplot is not installed \(Debian: gnuplot-nox\)"
  [ ! -e "$picture" ] || fail "there should be no picture"
}

check_errors() {
  local broken cell
  succeeds "$program" --help
  [ "$(grep -c '^Usage: ' "$work/out")" -eq 1 ] || fail "one rank should print the help"
  refused "n_estimators, learning_rate, max_depth, subsample, colsample_bytree, reg_lambda" \
    "$program" --grid "depth=3"
  refused "max_depth: \"deep\" is not a number" "$program" --grid "max_depth=deep"
  refused "--schedule" "$program" --schedule sometimes
  refused "--resume" "$program" --resume --overwrite
  refused "--data" "$program" --data "$work/a" --write-data "$work/b"
  for broken in 0 -1 many 1.5; do
    refused "--rows" "$program" --rows "$broken"
    refused "--threads" "$program" --threads "$broken"
  done
  refused "cannot open $work/absent.csv: No such file or directory" \
    "$program" --data "$work/absent.csv" --output "$log"
  refused "cannot open $work/absent/log.csv" \
    "$program" --rows 2000 --grid n_estimators=1 --output "$work/absent/log.csv"
  refused "cannot open $work/absent/picture.png" \
    "$program" --rows 2000 --grid n_estimators=1 --output "$log" --plot "$work/absent/picture.png"
  refused "cannot open $work/absent/data.csv" "$program" --write-data "$work/absent/data.csv"
  refused "rows are for training and complete" "$program" --rows 1 --output "$log"

  run "$program" --rows 100 --write-data "$work/data.csv"
  sed '7s/^[0-9]*,/young,/' "$work/data.csv" >"$work/number.csv"
  refused "$work/number.csv:7: column Age: \"young\" is not a number" \
    "$program" --data "$work/number.csv" --output "$log"
  sed '1s/Interest_Rate/Interest/' "$work/data.csv" >"$work/header.csv"
  refused "Interest_Rate" "$program" --data "$work/header.csv" --output "$log"
  sed '9s/,.*//' "$work/data.csv" >"$work/columns.csv"
  refused "Too few columns in line 9 in file \"$work/columns.csv\"" \
    "$program" --data "$work/columns.csv" --output "$log"
  refused "$work/data.csv" "$program" --rows 2000 --output "$work/data.csv"
  [ ! -e "$log" ] || fail "a search that is refused should leave no file"
}

case $check in
  schedules) check_schedules ;;
  resume) check_resume ;;
  failures) check_failures ;;
  plot) check_plot ;;
  errors) check_errors ;;
  *) echo "no such check: $check" >&2 && exit 2 ;;
esac
end_checks
