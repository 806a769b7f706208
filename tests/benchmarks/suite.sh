#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One check of the benchmark suite on a number of ranks: suite.sh CASE RANKS PROGRAMS SOURCES
#
# PROGRAMS is the folder of the built benchmarks, SOURCES that of their sources.
set -u

check=$1
ranks=$2
programs=$3
sources=$4
source "$(dirname "${BASH_SOURCE[0]}")/../support/programs.sh"

# What is measured does not matter here.
shortly=(--rounds 3 --time 1)

# The figures of the last run are rows of the table: known modes, raw first and itself the measure,
# numbers in order.
figures_are_well_formed() {
  local mistakes
  mistakes=$(awk -F, '
    /^#/ { next }
    !head { head = 1; if ($0 != "operation,payload,bytes,ranks,mode,rounds,repetitions,seconds,least,most,ratio,least_ratio") print "head: " $0; next }
    NF != 12 { print "not 12 fields: " $0; next }
    { for (i = 8; i <= 12; ++i) if ($i !~ /^[0-9]+\.[0-9]+(e[-+][0-9]+)?$/ || $i + 0 <= 0) print "no number: " $0 }
    $5 !~ /^(raw|buffer|object|pickled)$/ { print "no mode: " $0 }
    $9 + 0 > $8 + 0 || $8 + 0 > $10 + 0 { print "not in order: " $0 }
    { key = $1 "," $2 "," $3 }
    key != last && $5 != "raw" { print "raw should come first: " $0 }
    $5 == "raw" && ($11 != 1 || $12 != 1) { print "raw is the measure: " $0 }
    key == last && $5 == "raw" { print "twice: " $0 }
    { last = key }
    END { if (!head) print "empty" }' "$work/figures.csv")
  [ -z "$mistakes" ] || fail "the figures should be well-formed: $mistakes"
  [ "$(sed -n 's/^# ranks: //p' "$work/figures.csv")" = "$ranks" ] || fail "the figures should say of how many ranks they are"
}

# has_modes OPERATION PAYLOAD MODE...: these and no other.
has_modes() {
  local found
  found=$(awk -F, -v operation="$1" -v payload="$2" '$1 == operation && $2 == payload { print $5 }' "$work/figures.csv" |
    sort -u | paste -sd ' ')
  shift 2
  [ "$found" = "$*" ] || fail "the modes should be $*, not $found"
}

# Everything once, in one size.
check_all() {
  local operation
  succeeds suite "${shortly[@]}" --sizes 1K --csv "$work/figures.csv"
  figures_are_well_formed
  for operation in latency multi_latency bandwidth bidirectional bcast scatter gather allgather \
    alltoall reduce allreduce barrier ring; do
    grep -q "^$operation," "$work/figures.csv" || fail "there should be figures of $operation"
  done
  has_modes latency array buffer object pickled raw
  has_modes latency map object pickled raw
  has_modes barrier scalar buffer raw
  # each is a row of the table on the terminal, too
  [ "$(grep -c '^\[' "$work/out")" -eq "$(grep -c ',raw,' "$work/figures.csv")" ] ||
    fail "the terminal should have as many rows as there are figures of raw"
}

check_chosen() {
  succeeds suite "${shortly[@]}" --quick --operations latency,gather --payloads map,string --modes object \
    --csv "$work/figures.csv"
  figures_are_well_formed
  has_modes gather map object raw
  ! grep -qE '^(bcast|latency,array)' "$work/figures.csv" || fail "only what was chosen should be measured"
  succeeds suite "${shortly[@]}" --operations bcast --payloads array --sizes 1,4,8,12K --csv "$work/figures.csv"
  [ "$(awk -F, '$5 == "raw" { print $3 }' "$work/figures.csv" | paste -sd ' ')" = "8 12288" ] ||
    fail "sizes should be rounded to whole numbers of doubles, each once"
}

check_page() {
  succeeds suite "${shortly[@]}" --operations latency --payloads array --sizes 8,1K,8K --csv "$work/figures.csv"
  last_command="page.py"
  python3 "$sources/suite/page.py" --command "a <command>" --main "$work/figures.csv" \
    --crowded "$work/figures.csv" "$work/page.html" >"$work/out" 2>"$work/err"
  status=$?
  [ "$status" -eq 0 ] || fail "it should make a page"
  grep -q '<svg' "$work/page.html" || fail "the page should have a picture"
  grep -qF 'a &lt;command&gt;' "$work/page.html" || fail "the page should have the command"
  ! grep -qE '(src|href)="?(http|/)' "$work/page.html" || fail "the page should stand alone"
  python3 - "$work/page.html" <<'PYTHON' || fail "the elements of the page should be closed in order"
import html.parser, sys
open_elements = []
class Checker(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            open_elements.append(tag)
    def handle_endtag(self, tag):
        assert open_elements.pop() == tag, tag
Checker().feed(open(sys.argv[1], encoding="utf-8").read())
assert not open_elements, open_elements
PYTHON
}

check_errors() {
  if [ "$ranks" -lt 2 ]; then
    refused "need at least 2 ranks" suite --quick
    succeeds suite --help
    return
  fi
  refused '"sing" is none of latency, ' suite --operations sing
  refused '"tree" is none of scalar, ' suite --operations latency --payloads tree
  refused "--sizes" suite --sizes many
  refused "--sizes" suite --sizes 0
  refused "--rounds" suite --rounds 0
  refused "choose a smaller size" suite --operations gather --sizes 4096G
  refused "none of these operations" suite --operations reduce --payloads map
  refused "cannot write $work/absent/figures.csv" suite --csv "$work/absent/figures.csv"
  refused "--no-such-option" suite --no-such-option
  ! grep -q '^\[' "$work/out" || fail "it should measure nothing"
}

"check_$check"
end_checks
