#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One check of the example programs on a number of ranks: programs.sh CASE RANKS PROGRAMS [DATA]
# PROGRAMS is the folder of the built examples, DATA a folder with the course's two lists.
set -u

check=$1
ranks=$2
programs=$3
data=${4:-}
source "$(dirname "${BASH_SOURCE[0]}")/../support/programs.sh"

check_simple() {
  local i lines=()
  if [ "$ranks" -lt 2 ]; then
    refused "needs at least 2 ranks" 0_mpi_simple
    refused "needs at least 2 ranks" 1_mpi_simple
    return
  fi
  succeeds 0_mpi_simple
  prints "Rank 1 received value: 42" "Rank 0 received result: 84"
  succeeds 1_mpi_simple
  for ((i = 1; i < ranks; ++i)); do
    lines+=("Rank $i received value: $((42 + i))")
    lines+=("Rank 0 received result: $((2 * (42 + i))) from rank $i")
  done
  prints "${lines[@]}"
}

check_sum() {
  succeeds 2_mpi_sum
  prints "Total sum is: $((999 * 1000 / 2))"
}

check_one_sided() {
  if [ "$ranks" -lt 2 ]; then
    refused "needs at least 2 ranks" 10_shared_ping_pong
  else
    succeeds 10_shared_ping_pong
    prints "After 1000 rounds the ball was hit 2000 times"
  fi
  succeeds 11_distributed_counter
  prints "1000 tasks were done, their numbers add up to $((999 * 1000 / 2))"
}

# Debian's MPICH cannot start processes: then it says so, with the remedy, and does not hang.
check_spawned() {
  if "$mpiexec" --version | grep -qE "Open MPI|OpenRTE"; then
    succeeds 12_spawned_pi
    prints "3 workers say that pi is 3.141592654, which is less than 1e-9 wrong"
  else
    refused "this MPI library cannot start processes here" 12_spawned_pi
    grep -qF "cmake --preset openmpi" "$work/err" || fail "it should name the remedy"
  fi
}

check_np() {
  succeeds 3_mpi_np --help
  if [ "$ranks" -lt 2 ]; then
    refused "needs at least 2 ranks" 3_mpi_np 1200
    return
  fi
  local N
  for N in 12 1200000; do  # the squares of the second wrap around
    succeeds 3_mpi_np "$N"
    has_line 'Standard communication \(list\): [0-9.]+ seconds'
    has_line 'Buffered communication \(array\): [0-9.]+ seconds'
  done
  refused "N = 1201 is not divisible by the number of ranks, $ranks" 3_mpi_np 1201
  refused "N" 3_mpi_np many
  refused "N" 3_mpi_np 0
  refused "N" 3_mpi_np -- -12
  refused "N" 3_mpi_np 12x
  refused "N" 3_mpi_np 99999999999999999999999
}

# matches PROGRAM PROCESSES RATIOS [ARGUMENT...]: it ends with the lines that it must, in order, and
# leaves all its pairs in PROGRAM.pairs.
matches() {
  local program=$1 processes=$2 ratios=$3 pairs=$work/$1.pairs found
  shift 3
  succeeds "$program" "$@" --output "$pairs"
  has_line "Ratios to compute: $ratios"
  has_line "MultiProcessing completed in [0-9.]+ seconds with $processes mpi processes\."
  found=$(($(wc -l <"$pairs") - 1))
  has_line "Found $found similar pairs"
  sed '1,/^Found/d' "$work/out" >"$work/best"
  if [ "$found" -eq 0 ]; then
    [ ! -s "$work/best" ] || fail "without pairs there are no best ones"
    return
  fi
  awk 'BEGIN { FS = "\t" }
       NR == 1 { printf "%10s %10s %8s\n", $1, $2, $3 }
       NR > 1 && NR <= 11 { printf "%10s %10s %8.6f\n", $1, $2, $3 }' "$pairs" |
    cmp -s - "$work/best" || fail "the last lines should be the ten best pairs"
  sed 1d "$pairs" | LC_ALL=C sort -s -t "$(printf '\t')" -k3,3gr -k1,1n -k2,2n |
    cmp -s - <(sed 1d "$pairs") || fail "the pairs should be in order"
  awk 'BEGIN { FS = "\t" } NR > 1 && !($3 > 0.8 && $3 <= 1) { bad = 1 } END { exit bad }' "$pairs" ||
    fail "a ratio is not above the threshold"
}

# like_with_output PROGRAM [ARGUMENT...]: without --output it counts the same pairs and shows the same best.
like_with_output() {
  grep -v ' completed in ' "$work/out" >"$work/with_output"
  succeeds "$@"
  grep -v ' completed in ' "$work/out" | cmp -s - "$work/with_output" ||
    fail "it should print the same as with --output"
}

same_pairs() {
  cmp -s "$work/$1.pairs" "$work/$2.pairs" || fail "$1 and $2 should find the same pairs"
}

rows() { echo $(($(wc -l <"$1") - 1)); }

# The three programs find the same: on lists of their own making, or on those of a folder.
check_pairs() {
  local lists=() ratios=$((1725 * 1725))
  if [ -n "$data" ]; then
    lists=(--left "$data/left_data.tsv" --right "$data/right_data.tsv")
    ratios=$(($(rows "$data/left_data.tsv") * $(rows "$data/right_data.tsv")))
  fi
  matches 5_leven 1 "$ratios" ${lists[@]+"${lists[@]}"}
  has_line 'Sequential processing completed in [0-9.]+ seconds\.'
  [ "$(rows "$work/5_leven.pairs")" -gt 0 ] || fail "there should be similar pairs"
  matches 6_mpi_leven "$ranks" "$ratios" ${lists[@]+"${lists[@]}"}
  matches 8_mpi_leven_big "$ranks" "$ratios" ${lists[@]+"${lists[@]}"} 1
  same_pairs 6_mpi_leven 5_leven
  like_with_output 8_mpi_leven_big ${lists[@]+"${lists[@]}"} 1
  same_pairs 8_mpi_leven_big 5_leven
}

# Small lists; some of their pairs are similar, one is exactly at the threshold.
write_small_lists() {
  cat >"$work/left.tsv" <<'LISTS'
id_left	string_left
11	abcde
12	The storm closed schools and offices in España on Thursday morning, officials said.
13	Shares of the company rose 5 percent – to €31 – in late trading.
14	"""I am delighted,"" said the chairman."
15	
16	Nothing at all is like this one.
17	東京の株価は木曜日に大きく下落した。
LISTS
  cat >"$work/right.tsv" <<'LISTS'
id_right	string_right
21	abcdX
22	The storm closed schools and offices in Espana on Thursday, officials said.
23	Shares of the company rose 5 percent, to €31, in late trading on Friday.
24	"""I am delighted,"" said the chairwoman."
25	
26	東京の株価は金曜日に大きく下落した。
27	abcde
LISTS
  small=(--left "$work/left.tsv" --right "$work/right.tsv")
}

check_small() {
  local N one
  write_small_lists
  matches 5_leven 1 49 "${small[@]}"
  ! grep -q "^11$(printf '\t')21$(printf '\t')" "$work/5_leven.pairs" ||
    fail "a ratio of 0.8 is not above 0.8"
  one=$(rows "$work/5_leven.pairs")
  [ "$one" -gt 4 ] || fail "the small lists should have similar pairs"
  matches 6_mpi_leven "$ranks" 49 "${small[@]}"
  same_pairs 6_mpi_leven 5_leven
  for N in 1 2 3; do
    matches 8_mpi_leven_big "$ranks" $((49 * N * N)) "$N" "${small[@]}"
    has_line "Found $((one * N * N)) similar pairs"
    awk -v copies=$((N * N)) '{ n = NR == 1 ? 1 : copies; while (n--) print }' \
      "$work/5_leven.pairs" | cmp -s - "$work/8_mpi_leven_big.pairs" ||
      fail "each pair should appear $((N * N)) times"
    like_with_output 8_mpi_leven_big "$N" "${small[@]}"
  done

  # Fewer rows than ranks, and none.
  head -n 3 "$work/left.tsv" >"$work/two.tsv"
  head -n 1 "$work/left.tsv" >"$work/none.tsv"
  local left expected
  for left in two none; do
    expected=$(($(rows "$work/$left.tsv") * 7))
    matches 5_leven 1 "$expected" --left "$work/$left.tsv" --right "$work/right.tsv"
    matches 6_mpi_leven "$ranks" "$expected" --left "$work/$left.tsv" --right "$work/right.tsv"
    matches 8_mpi_leven_big "$ranks" "$expected" --left "$work/$left.tsv" --right "$work/right.tsv"
    same_pairs 6_mpi_leven 5_leven
    same_pairs 8_mpi_leven_big 5_leven
  done

  run 6_mpi_leven "${small[@]}" --threshold 0.79 --output "$work/lower.pairs"
  grep -q "^11$(printf '\t')21$(printf '\t')0.8\$" "$work/lower.pairs" ||
    fail "a ratio of 0.8 is above 0.79"
}

# All ranks write one file: the pairs that the sequential program finds, in rank order.
check_file_output() {
  local output=$work/all.pairs found threshold
  write_small_lists
  head -n 1 "$work/left.tsv" >"$work/none.tsv"
  for threshold in 0.5 0.8; do  # the second file is the shorter one
    run 5_leven "${small[@]}" --threshold "$threshold" --output "$work/sequential.pairs"
    found=$(rows "$work/sequential.pairs")
    succeeds 13_parallel_file_output "${small[@]}" --threshold "$threshold" --output "$output"
    prints "$found similar pairs, $(wc -c <"$output") bytes in $output, written and checked by $ranks ranks"
    [ "$(head -n 1 "$output")" = "$(head -n 1 "$work/sequential.pairs")" ] || fail "the header should be there"
    LC_ALL=C sort "$output" | cmp -s - <(LC_ALL=C sort "$work/sequential.pairs") ||
      fail "it should write the pairs that 5_leven finds"
  done
  succeeds 13_parallel_file_output --left "$work/none.tsv" --right "$work/right.tsv" --output "$output"
  [ "$(wc -l <"$output")" -eq 1 ] || fail "without rows there is the header alone"
  # opening is collective: each rank knows that it failed
  run 13_parallel_file_output "${small[@]}" --output "$work/absent/pairs"
  [ "$status" -ne 0 ] && [ "$status" -ne 124 ] || fail "it should fail, and not hang"
  grep -qF "cannot open $work/absent/pairs for reading and writing: its folder does not exist" "$work/err" ||
    fail "it should say why"
}

check_errors() {
  local program broken
  write_small_lists
  printf 'id\tstring\n1\ta\n2 no tab\n' >"$work/columns.tsv"
  printf 'id\tstring\n1\ta\none\tb\n' >"$work/id.tsv"
  printf 'id\tstring\n1\ta\n2\tb\n3\t\377\n' >"$work/utf8.tsv"
  printf '1\ta\n2\tb\n' >"$work/header.tsv"
  for program in 5_leven 6_mpi_leven 8_mpi_leven_big; do
    succeeds "$program" --help
    [ "$(grep -c '^Usage: ' "$work/out")" -eq 1 ] || fail "one rank should print the help"
    refused "cannot open $work/absent.tsv: No such file or directory" \
      "$program" --left "$work/left.tsv" --right "$work/absent.tsv"
    refused "--left requires --right" "$program" --left "$work/left.tsv"
    refused "cannot open $work/absent/pairs" "$program" "${small[@]}" --output "$work/absent/pairs"
  done
  # What the three share is enough to see once.
  program=6_mpi_leven
  refused "--right requires --left" "$program" --right "$work/right.tsv"
  refused "cannot open $work/absent.tsv: No such file or directory" \
    "$program" --left "$work/absent.tsv" --right "$work/right.tsv"
  for broken in 1.5 -0.1 high nan; do
    refused "--threshold" "$program" "${small[@]}" --threshold "$broken"
  done
  refused "--no-such-option" "$program" "${small[@]}" --no-such-option
  for broken in columns:3 id:3 utf8:4 header:1; do
    refused "$work/${broken%:*}.tsv:${broken#*:}: " \
      "$program" --left "$work/${broken%:*}.tsv" --right "$work/right.tsv"
  done
  refused "$work/id.tsv:3: " 5_leven --left "$work/left.tsv" --right "$work/id.tsv"
  refused "$work/id.tsv:3: " 8_mpi_leven_big --left "$work/left.tsv" --right "$work/id.tsv"
  # a hundred thousand rows of ten million characters
  { echo "id	string" && echo "1	$(head -c 10000000 /dev/zero | tr '\0' a)"; } >"$work/long.tsv"
  refused "choose a smaller N" 8_mpi_leven_big --left "$work/long.tsv" --right "$work/right.tsv" 100000
  for broken in 0 -3 many 2.5 100001; do
    refused "8_mpi_leven_big: " 8_mpi_leven_big "${small[@]}" -- "$broken"
  done
}

case $check in
  simple) check_simple ;;
  sum) check_sum ;;
  np) check_np ;;
  one_sided) check_one_sided ;;
  spawned) check_spawned ;;
  pairs) check_pairs ;;
  small) check_small ;;
  file_output) check_file_output ;;
  errors) check_errors ;;
  *) echo "no such check: $check" >&2 && exit 2 ;;
esac
end_checks
