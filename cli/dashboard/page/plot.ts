import uPlot from 'uplot';
import type { Answer, Mark, Series } from '../answer.ts';
import { onAxis } from '../units.ts';
import type { Look, Theme } from './theme.ts';

const FONT = '12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
/** Hex digits of the opacity of what lies below a line. */
const AREA = '59';
/** Cursors of all plots move together. */
const SYNC = { key: 'questions' };
const [AXIS_WIDTH, AXIS_HEIGHT] = [62, 30];

interface PlotProps {
  readonly answer: Answer;
  readonly times: readonly number[];
  readonly marks: readonly Mark[];
  readonly theme: Theme;
  readonly looks: readonly Look[];
  /** The cursor is over the point of this index; null: over none. */
  readonly onPoint: (index: number | null) => void;
}

/** Draws one answer into an element, at the element's size. */
export function draw(element: HTMLElement, props: PlotProps): uPlot {
  const { answer, times, theme, looks } = props;
  const stacked = answer.kind !== 'lines';
  const values = answer.series.map(({ values }) => values);
  const columns = stacked ? stack(answer.series) : values;
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [12, 20, 0, 0],
    legend: { show: false },
    cursor: { sync: SYNC, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: () => [times[0] ?? 0, times.at(-1) ?? 1] },
      y: { range: (_, __, highest) => [0, topOf(answer, highest)] },
    },
    axes: [
      {
        stroke: theme.quiet,
        font: FONT,
        size: AXIS_HEIGHT,
        grid: { show: false },
        ticks: { stroke: theme.grid },
        values: clock,
      },
      {
        stroke: theme.quiet,
        font: FONT,
        size: AXIS_WIDTH,
        grid: { stroke: theme.grid, width: 1 },
        ticks: { show: false },
        values: (_, marks) => marks.map((value) => onAxis(value, answer.unit)),
      },
    ],
    series: [
      {},
      ...answer.series.map(({ name }, index) => {
        const { colour, dash } = looks[index] ?? { colour: theme.text, dash: [] };
        return {
          label: name,
          stroke: colour,
          width: 2,
          dash: [...dash],
          fill: stacked && index === 0 ? colour + AREA : undefined,
          points: { show: false },
          spanGaps: false,
        };
      }),
    ],
    bands: stacked ? bandsOf(looks) : [],
    hooks: {
      draw: [(plot) => drawThreshold(plot, answer, theme), (plot) => drawMarks(plot, props.marks, theme)],
      setCursor: [({ cursor }) => props.onPoint(cursor.idx ?? null)],
    },
  };
  return new uPlot(options, [[...times], ...columns.map((column) => [...column])], element);
}

/** Each line on top of those before it. Nothing is 0 there. */
function stack(series: readonly Series[]): number[][] {
  const sums: number[] = [];
  return series.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index];
    }),
  );
}

/** The first area lies on the axis by itself, each further one on the one before. */
function bandsOf(looks: readonly Look[]): uPlot.Band[] {
  return looks.slice(1).map(({ colour }, index) => ({ series: [index + 2, index + 1], fill: colour + AREA }));
}

/** Room for the threshold too, if the values come near it. */
function topOf({ max, threshold }: Answer, highest: number | null): number {
  if (max !== undefined) return max;
  const top = Math.max(highest ?? 0, 0) * 1.12;
  const bound = threshold?.value ?? 0;
  return top > bound / 4 ? Math.max(top, bound * 1.12) : top || 1;
}

function drawThreshold(plot: uPlot, { threshold, unit }: Answer, theme: Theme): void {
  if (threshold === undefined) return;
  const { ctx, bbox } = plot;
  const y = plot.valToPos(threshold.value, 'y', true);
  if (y < bbox.top) return;
  ctx.save();
  ctx.strokeStyle = theme.bad;
  ctx.fillStyle = theme.bad;
  ctx.setLineDash([6, 5]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = scaled();
  ctx.textAlign = 'right';
  ctx.fillText(`objective ${onAxis(threshold.value, unit)}`, bbox.left + bbox.width - 4, y - 5);
  ctx.restore();
}

function drawMarks(plot: uPlot, marks: readonly Mark[], theme: Theme): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = theme.quiet;
  ctx.fillStyle = theme.quiet;
  ctx.setLineDash([2, 4]);
  for (const { time } of marks) {
    const x = Math.round(plot.valToPos(time, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = 5 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top - size);
    ctx.lineTo(x + size, bbox.top - size);
    ctx.lineTo(x, bbox.top + size / 2);
    ctx.fill();
  }
  ctx.restore();
}

function scaled(): string {
  return FONT.replace('12px', `${12 * devicePixelRatio}px`);
}

/** Times of day; days where more than one is shown. */
function clock(_: uPlot, marks: number[], __: number, ___: number, distance: number): string[] {
  const options: Intl.DateTimeFormatOptions =
    distance >= 86_400 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' };
  return marks.map((time) => new Date(time * 1000).toLocaleString('en-GB', options));
}
