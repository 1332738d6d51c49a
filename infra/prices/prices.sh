#!/bin/sh
# prices.sh [REQUESTS.CSV]: prints the tables of the README beside this folder, what was counted times units.csv. A sum without what has no
# price ends with "+".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
LC_ALL=C awk -F, '
  FNR == 1 { file++; next }
  file == 1 {
    n++; unit[n] = $1; dollars[n] = $3 == "" ? "" : $3 / $2
    units = units sprintf("| %s | %s | %s |\n", $1, $3 == "" ? "not found" : "$" $3 " for " $2, $3 == "" ? "" : $4 ", [" $5 "](" $6 ")")
    next
  }
  NF != n + 2 { printf "prices: %s, line %d: %d fields, not %d\n", FILENAME, FNR, NF, n + 2 > "/dev/stderr"; failed = 1; exit 1 }
  $2 == "append" { for (i = 1; i <= n; i++) { append[i] = $(i + 2) } }
  {
    what = $2; times = 1000000
    if ($2 == "append and commit") { what = "a million commits" }
    if ($2 == "append") { what = "a million appends" }
    if ($2 == "idle hour") { what = "a host idle for a month"; times = 730 }
    sum = 0; more = ""; line = "| " $1 ": " what " |"
    for (i = 1; i <= n; i++) {
      count = $(i + 2) - ($2 == "append and commit" ? append[i] : 0)
      line = line sprintf(" %s |", short(count * times))
      if (dollars[i] == "") { if (count > 0) { more = "+" } } else { sum += count * times * dollars[i] }
    }
    rows = rows line sprintf(" $%.2f%s |\n", sum, more)
  }
  function short(x) { return x >= 10000 ? sprintf("%.2f M", x / 1000000) : sprintf("%d", x + 0.5) }
  END {
    if (failed) { exit 1 }
    head = "| |"; rule = "|---|"
    for (i = 1; i <= n; i++) { head = head " " unit[i] " |"; rule = rule "---|" }
    printf "%s list price |\n%s---|\n%s\n| unit | price | where, as of |\n|---|---|---|\n%s", head, rule, rows, units
  }
' "$here/units.csv" "${1:-$here/requests.csv}"
