"""The kinds of panels that the dashboards are made of, each with the looks that they have in common."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import bargauge, common, heatmap, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    HeatmapCellLayout,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)

from dashboards.panels import looks
from dashboards.panels.target import DATASOURCE, Ask, buckets, instant, letter, ranged

# Grafana asks for a point per pixel otherwise; bars need room, and rare events need intervals that hold some.
_BARS, _RARE = 60, 100


def number(
    title: str,
    description: str,
    *asks: Ask,
    unit: str,
    steps: looks.Steps = looks.PLAIN,
    width: int = 4,
    nothing: str = "",
    meanings: Mapping[int, tuple[str, str]] | None = None,
    decimals: int | None = None,
) -> stat.Panel:
    """One value, large. `nothing`: what it says where there is none."""
    panel = stat.Panel().title(title).description(description).datasource(DATASOURCE).height(4).span(width)
    panel = panel.unit(unit).thresholds(looks.thresholds(steps)).color_scheme(looks.by_thresholds())
    panel = panel.graph_mode(BigValueGraphMode.NONE).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel = panel.color_mode(BigValueColorMode.VALUE)
    for place, ask in enumerate(asks):
        panel = panel.with_target(instant(ask, place))
    if nothing:
        panel = panel.no_value(nothing)
    if meanings:
        panel = panel.mappings(looks.words(meanings))
    if decimals is not None:
        panel = panel.decimals(decimals)
    return panel


def lines(
    title: str,
    description: str,
    *asks: Ask,
    unit: str,
    steps: looks.Steps = (),
    width: int = 12,
    height: int = 8,
    least: float | None = 0,
    most: float | None = None,
    every: str = "",
    rare: bool = False,
    nothing: str = "",
    colors: Mapping[str, str] | None = None,
    figures: Sequence[str] = (),
) -> timeseries.Panel:
    """Values over time. `steps`: drawn as dashed lines. `every`: the least interval; `rare`: of what happens now and then,
    so that intervals are long and gaps are bridged. `figures`: of each series, in the legend."""
    panel = _over_time(title, description, unit, width, height, figures).with_many(asks)
    panel = panel.draw_style(GraphDrawStyle.LINE).line_interpolation(LineInterpolation.LINEAR).line_width(2).fill_opacity(8)
    if rare:
        panel = (
            panel.span_nulls(True).show_points(VisibilityMode.ALWAYS).point_size(5).max_data_points(_RARE).interval(every or "1m")
        )
    else:
        panel = panel.span_nulls(False).show_points(VisibilityMode.NEVER)
    if steps:
        style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(looks.thresholds(steps)).thresholds_style(style)
    return panel.bounded(least, most).rarely(every).named(colors).saying(nothing)


def bars(
    title: str,
    description: str,
    *asks: Ask,
    unit: str,
    width: int = 12,
    height: int = 8,
    every: str = "1m",
    most: float | None = None,
    percent: bool = False,
    nothing: str = "",
    colors: Mapping[str, str] | None = None,
) -> timeseries.Panel:
    """What came in each interval, stacked. `percent`: as shares of all."""
    panel = _over_time(title, description, unit, width, height, ()).with_many(asks)
    panel = panel.draw_style(GraphDrawStyle.BARS).fill_opacity(75).line_width(0).bar_width_factor(0.9)
    panel = panel.stacking(common.StackingConfig().mode(StackingMode.PERCENT if percent else StackingMode.NORMAL).group("A"))
    return panel.max_data_points(_BARS).bounded(0, most).rarely(every).named(colors).saying(nothing)


class _Series(timeseries.Panel):
    """A panel over time, with what several kinds of it need."""

    def with_many(self, asks: Sequence[Ask]) -> "_Series":
        for place, ask in enumerate(asks):
            self.with_target(ranged(ask, place))
            if look := ask.look():
                self.override_by_query(letter(place), look)
        return self

    def bounded(self, least: float | None, most: float | None) -> "_Series":
        if least is not None:
            self.min(least)
        if most is not None:
            self.max(most)
        return self

    def rarely(self, every: str) -> "_Series":
        return self.interval(every) if every else self

    def named(self, colors: Mapping[str, str] | None) -> "_Series":
        for name, color in (colors or {}).items():
            self.override_by_name(name, [looks.of_color(color)])
        return self

    def saying(self, nothing: str) -> "_Series":
        return self.no_value(nothing) if nothing else self


def _over_time(title: str, description: str, unit: str, width: int, height: int, figures: Sequence[str]) -> _Series:
    panel = _Series().title(title).description(description).datasource(DATASOURCE).height(height).span(width).unit(unit)
    legend = common.VizLegendOptions().placement(LegendPlacement.BOTTOM).show_legend(True).calcs(list(figures))
    legend = legend.display_mode(LegendDisplayMode.TABLE if figures else LegendDisplayMode.LIST)
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    palette = FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
    return panel.legend(legend).tooltip(tooltip).color_scheme(palette)


def states(
    title: str,
    description: str,
    *asks: Ask,
    meanings: Mapping[int, tuple[str, str]],
    width: int = 24,
    height: int = 5,
    nothing: str = "",
) -> statetimeline.Panel:
    """Which of a few states something was in."""
    panel = statetimeline.Panel().title(title).description(description).datasource(DATASOURCE).height(height).span(width)
    panel = panel.unit(looks.COUNT).mappings(looks.words(meanings)).thresholds(looks.thresholds(((None, looks.IDLE),)))
    panel = panel.color_scheme(looks.by_thresholds()).fill_opacity(90).line_width(0).row_height(0.8)
    panel = panel.show_value(VisibilityMode.NEVER).merge_values(True)
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)
    panel = panel.legend(legend.calcs([]))
    for place, ask in enumerate(asks):
        panel = panel.with_target(ranged(ask, place))
    return panel.no_value(nothing) if nothing else panel


def gauges(
    title: str,
    description: str,
    *asks: Ask,
    unit: str,
    steps: looks.Steps = looks.PLAIN,
    width: int = 8,
    height: int = 8,
    most: float | None = None,
    nothing: str = "",
    colors: Mapping[str, str] | None = None,
    decimals: int | None = None,
) -> bargauge.Panel:
    """A bar for each series, as it is now."""
    panel = bargauge.Panel().title(title).description(description).datasource(DATASOURCE).height(height).span(width)
    panel = panel.unit(unit).min(0).thresholds(looks.thresholds(steps)).color_scheme(looks.by_thresholds())
    panel = panel.orientation(VizOrientation.HORIZONTAL).display_mode(BarGaugeDisplayMode.BASIC).show_unfilled(True)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    if most is not None:
        panel = panel.max(most)
    if decimals is not None:
        panel = panel.decimals(decimals)
    for place, ask in enumerate(asks):
        panel = panel.with_target(instant(ask, place))
        if ask.color:
            panel = panel.override_by_query(letter(place), ask.look())
    for name, color in (colors or {}).items():
        panel = panel.override_by_name(name, [looks.of_color(color)])
    return panel.no_value(nothing) if nothing else panel


def heat(
    title: str, description: str, ask: Ask, *, unit: str, width: int = 12, height: int = 8, every: str = "1m"
) -> heatmap.Panel:
    """How the observations of a histogram spread, over time. `unit`: of its bounds."""
    panel = heatmap.Panel().title(title).description(description).datasource(DATASOURCE).height(height).span(width)
    panel = panel.with_target(buckets(ask, 0)).unit(looks.COUNT).max_data_points(_BARS).interval(every)
    scheme = heatmap.HeatmapColorOptions().mode(heatmap_model.HeatmapColorMode.SCHEME).scheme("Blues").steps(32)
    panel = panel.color(scheme).calculate(False).cell_gap(1).show_value(VisibilityMode.NEVER).show_legend()
    panel = panel.filter_values(heatmap.FilterValueRange().le(1e-9)).mode(TooltipDisplayMode.SINGLE)
    rows = heatmap.RowsHeatmapOptions().layout(HeatmapCellLayout.AUTO)
    return panel.rows_frame(rows).y_axis(heatmap.YAxisConfig().unit(unit).reverse(False))
