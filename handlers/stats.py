"""GET /notifications/stats: true numbers about the service."""

from handlers._edge.http import HttpCall, http
from infra.wiring import clock
from infra.wiring.stats import stats
from notify.answers.stats import StatsAnswer, stats_answer
from notify.limits import COSTLY


@http()
def handler(call: HttpCall) -> StatsAnswer:
    return stats_answer(stats(call.reader(COSTLY)), clock())
