import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Panel as GrafanaPanel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapTooltipBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Panel, Query } from './panel.ts';

/** The variable that a dashboard's panels ask. Without braces: `${` would be Terraform's. */
export const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

const HEIGHTS: Readonly<Record<Panel['kind'], number>> = {
  number: 4,
  lines: 8,
  area: 8,
  bars: 8,
  heatmap: 8,
};

/** A panel for Grafana. */
export function grafanaPanel(panel: Panel): Builder<GrafanaPanel> {
  const common = <T extends TimeSeriesBuilder | StatBuilder | HeatmapBuilder>(builder: T): T => {
    builder
      .title(panel.title)
      .description(panel.description)
      .datasource(DATASOURCE)
      .targets(panel.queries.map((query, index) => target(panel, query, index)))
      .height(HEIGHTS[panel.kind])
      .span(panel.width ?? (panel.kind === 'number' ? 6 : 12))
      .unit(panel.unit)
      .thresholds(thresholds(panel));
    if (panel.step !== undefined) builder.interval(panel.step);
    return builder;
  };
  switch (panel.kind) {
    case 'number':
      return common(new StatBuilder()).reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    case 'heatmap':
      return common(new HeatmapBuilder())
        .calculate(false)
        .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
        .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Viridis').steps(64))
        .yAxis(new YAxisConfigBuilder().unit(panel.unit))
        .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true));
    case 'lines':
    case 'area':
    case 'bars':
      return curves(common(new TimeSeriesBuilder()), panel);
  }
}

function curves(builder: TimeSeriesBuilder, { kind, max, threshold }: Panel): TimeSeriesBuilder {
  const stacked = kind !== 'lines';
  builder
    .drawStyle(kind === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineWidth(kind === 'lines' ? 2 : 1)
    .fillOpacity(kind === 'lines' ? 0 : kind === 'bars' ? 80 : 35)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .stacking(new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None))
    .scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Linear))
    .min(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (max !== undefined) builder.max(max);
  if (threshold !== undefined)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return builder;
}

function target({ kind, step }: Panel, { expr, legend }: Query, index: number): Builder<Dataquery> {
  const query = new DataqueryBuilder()
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(legend)
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .format(kind === 'heatmap' ? PromQueryFormat.Heatmap : PromQueryFormat.TimeSeries);
  if (step !== undefined) query.interval(step);
  return kind === 'number' ? query.instant() : query.range();
}

function thresholds({ threshold }: Panel): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(threshold));
}

function steps(threshold: Panel['threshold']): Threshold[] {
  if (threshold === undefined) return [{ value: null, color: 'green' }];
  const [low, high] = threshold.bad === 'above' ? ['green', 'red'] : ['red', 'green'];
  return [
    { value: null, color: low },
    { value: threshold.value, color: high },
  ];
}
