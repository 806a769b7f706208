# SPDX-License-Identifier: MIT
# Sourced by the checks of whole programs, which set `check`, `ranks` and `programs`, a folder. The environment
# names the launcher (MPIEXEC, MPIEXEC_NUMPROC_FLAG) and the seconds that a program may take
# (PROGRAM_TIME_LIMIT).

mpiexec=${MPIEXEC:-mpiexec}
numproc_flag=${MPIEXEC_NUMPROC_FLAG:--n}
time_limit=${PROGRAM_TIME_LIMIT:-60}

work=$(mktemp -d "${TMPDIR:-/tmp}/mpi4cxx-programs.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  failures=$((failures + 1))
  echo "FAILED: $last_command"
  echo "  $*"
  echo "  exit status $status; standard output and standard error:"
  sed 's/^/  | /' "$work/out"
  sed 's/^/  ! /' "$work/err"
}

# Runs a program on all ranks; leaves its exit status in $status, its output in out and err.
run() {
  local program=$1
  shift
  last_command="$program $* (on $ranks ranks)"
  timeout --kill-after=5 "$time_limit" "$mpiexec" "$numproc_flag" "$ranks" \
    "$programs/$program" "$@" >"$work/out" 2>"$work/err" </dev/null
  status=$?
}

succeeds() {
  run "$@"
  [ "$status" -eq 0 ] || fail "it should succeed"
  [ ! -s "$work/err" ] || fail "it should have nothing to complain about"
}

# refused TEXT PROGRAM [ARGUMENT...]: it fails in good time, with one message that has the text.
refused() {
  local text=$1 times speakers
  shift
  run "$@"
  [ "$status" -ne 0 ] || fail "it should fail"
  if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then fail "it hangs"; fi
  times=$(cat "$work/out" "$work/err" | grep -cF -- "$text")
  [ "$times" -eq 1 ] || fail "its message should appear once, not $times times: $text"
  speakers=$(grep -cE '^(mpi4cxx: )?rank [0-9]+( of [0-9]+)?: ' "$work/err")
  [ "$speakers" -le 1 ] || fail "one rank should speak, not $speakers"
  ! grep -q '^Found' "$work/out" || fail "it should not have results"
}

# prints LINE...: the output of the last run is these lines, in any order.
prints() {
  printf '%s\n' "$@" | sort >"$work/expected"
  sort "$work/out" | cmp -s - "$work/expected" || {
    fail "it should print these lines:"
    sed 's/^/  > /' "$work/expected"
  }
}

# The output of the last run has a line that matches.
has_line() {
  grep -qxE -- "$1" "$work/out" || fail "it should print a line like: $1"
}

end_checks() {
  [ "$failures" -eq 0 ] && echo "$check holds on $ranks ranks"
  exit "$((failures > 0))"
}
