"""A run in flight to its remaining time and the chance that it exceeds its limit."""

from analyzer.predict.alerts import Change, Level, RiskAlert, RiskEvent, alert_chance
from analyzer.predict.course import Course
from analyzer.predict.forecasts import Forecast, ForecastRecord, Forecasts, RiskForecast
from analyzer.predict.history import History
from analyzer.predict.live_log import Ended, LiveLog
from analyzer.predict.live_phases import live_phases
from analyzer.predict.live_run import LiveRun
from analyzer.predict.past import course_of_live, course_of_row, course_of_run, watched_course
from analyzer.predict.phase_history import PhaseHistory
from analyzer.predict.prediction import Basis, Prediction, predict
from analyzer.predict.wording import sentence

__all__ = [
    "Basis",
    "Change",
    "Course",
    "Ended",
    "Forecast",
    "ForecastRecord",
    "Forecasts",
    "History",
    "Level",
    "LiveLog",
    "LiveRun",
    "PhaseHistory",
    "Prediction",
    "RiskAlert",
    "RiskEvent",
    "RiskForecast",
    "alert_chance",
    "course_of_live",
    "course_of_row",
    "course_of_run",
    "live_phases",
    "predict",
    "sentence",
    "watched_course",
]
