#!/bin/bash
# SPDX-License-Identifier: MIT
# expect.sh [option...] -- command...
#
# Runs the command and checks how it ended and what it printed (both streams together):
#
#   --fails             the exit status is not 0; the default is that it is
#   --status N          the exit status is N
#   --within SECONDS    it ends by itself in this time (default 30)
#   --once TEXT         the text occurs exactly once
#   --times N TEXT      the text occurs N times
#   --some TEXT         the text occurs at least once
#   --matches PATTERN   the extended regular expression matches somewhere
#   --absent TEXT       the text does not occur
#   --kill TEXT         when "TEXT <process id>" has been printed, that process gets SIGKILL
#   --needs PROGRAM     without this program the test is skipped, loudly (exit status 77)
#
# The command finds the path of the output so far in EXPECT_OUTPUT.
set -u

status_wanted=0 within=30 kill_text=""
checks=()
while [ $# -gt 0 ]; do
  case $1 in
    --fails) status_wanted=fails; shift ;;
    --status) status_wanted=$2; shift 2 ;;
    --within) within=$2; shift 2 ;;
    --once) checks+=(1 "$2"); shift 2 ;;
    --times) checks+=("$2" "$3"); shift 3 ;;
    --some) checks+=(some "$2"); shift 2 ;;
    --matches) checks+=(matches "$2"); shift 2 ;;
    --absent) checks+=(0 "$2"); shift 2 ;;
    --kill) kill_text=$2; shift 2 ;;
    --needs)
      if ! command -v "$2" > /dev/null; then
        echo "SKIPPED: $2 is not installed"
        exit 77
      fi
      shift 2 ;;
    --) shift; break ;;
    *) echo "expect.sh: unknown option $1"; exit 2 ;;
  esac
done

EXPECT_OUTPUT=$(mktemp)
export EXPECT_OUTPUT
trap 'rm -f "$EXPECT_OUTPUT"' EXIT

# The launcher's own limit comes first: it ends all ranks.
MPIEXEC_TIMEOUT=$within timeout --kill-after=5 $((within + 5)) "$@" > "$EXPECT_OUTPUT" 2>&1 < /dev/null &
command_id=$!
if [ -n "$kill_text" ]; then
  while kill -0 $command_id 2> /dev/null; do
    victim=$(sed -n "s/.*$kill_text \([0-9][0-9]*\).*/\1/p" "$EXPECT_OUTPUT" | head -n 1)
    if [ -n "$victim" ]; then
      kill -KILL "$victim"
      break
    fi
    sleep 0.02
  done
fi
begin=$SECONDS
wait $command_id
status=$?
elapsed=$((SECONDS - begin))

cat "$EXPECT_OUTPUT"
mistakes=0
mistake() { echo "expect.sh: $*"; mistakes=1; }
case $status_wanted in
  fails) [ $status -ne 0 ] || mistake "it succeeded, but should fail" ;;
  *) [ $status -eq "$status_wanted" ] || mistake "it ended with status $status, not $status_wanted" ;;
esac
[ $elapsed -lt "$within" ] || mistake "it did not end by itself within $within seconds"
for ((i = 0; i < ${#checks[@]}; i += 2)); do
  wanted=${checks[i]} text=${checks[i + 1]}
  found=$(grep -aoF -e "$text" "$EXPECT_OUTPUT" | wc -l)
  case $wanted in
    some) [ "$found" -gt 0 ] || mistake "the output has not: $text" ;;
    matches) grep -aqE -e "$text" "$EXPECT_OUTPUT" || mistake "nothing in the output matches: $text" ;;
    *) [ "$found" -eq "$wanted" ] || mistake "the output has $found times instead of $wanted: $text" ;;
  esac
done
exit $mistakes
