#!/usr/bin/env bash
# Churn for an hour, or as long as is said, with -ea: steady upserts, deletes and drift beside searches (ChurnTest of
# redis-tests), then its picture.
#
# usage: bench/scripts/churn-hour.sh OUT_FOLDER [SECONDS [DATASET_FOLDER]]
# Without a data set the vectors are generated clusters. RATE=n changes a second, DOCUMENTS=n live at a time, SEED=n.
# Writes OUT/churn-SET.csv and, where python3 (or $PYTHON) has matplotlib, OUT/churn-SET.svg. Fails when recall or memory
# did not stay flat; the picture is drawn all the same.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mkdir -p "${1:?usage: churn-hour.sh OUT_FOLDER [SECONDS [DATASET_FOLDER]]}" && cd "$1" && pwd)
seconds=${2:-3600}
data=${3:+$(cd "$3" && pwd)}
name=$out/churn-$(basename "${data:-generated}")
status=0
(cd "$root" && mvn -B -q -ntp -Dquick -Pstress -pl redis-tests -am test -Dtest=ChurnTest \
  -Dsurefire.failIfNoSpecifiedTests=false -Dnuthatch.churn.seconds="$seconds" -Dnuthatch.churn.csv="$name.csv" \
  ${data:+-Dnuthatch.churn.data="$data"} ${RATE:+-Dnuthatch.churn.rate="$RATE"} \
  ${DOCUMENTS:+-Dnuthatch.churn.documents="$DOCUMENTS"} ${SEED:+-Dnuthatch.seed="$SEED"}) || status=$?
python=${PYTHON:-python3}
if "$python" -c 'import matplotlib' 2>/dev/null; then
  "$python" "$root/bench/scripts/churn-plot.py" "$name.csv" "$name.svg" && echo "drawn: $name.svg"
else
  echo "not drawn: $python has no matplotlib (PYTHON=… names another)" >&2
fi
exit "$status"
