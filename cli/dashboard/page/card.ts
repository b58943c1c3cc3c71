import type uPlot from 'uplot';
import type { Answer, DashboardAnswer, Mark } from '../answer.ts';
import { AXIS_TITLES, withUnit } from '../units.ts';
import { draw } from './plot.ts';
import type { Look, Theme } from './theme.ts';

interface CardProps {
  readonly theme: Theme;
  readonly looksOf: (labels: Readonly<Record<string, string>>) => Look;
  readonly shown: Pick<DashboardAnswer, 'times' | 'marks' | 'range'>;
  /** Whether it says in words what the last mark is: once on a page is enough. */
  readonly explains: boolean;
}

export interface Card {
  readonly element: HTMLElement;
  show(answer: Answer, props: CardProps): void;
  /** Its width has changed. */
  resize(): void;
}

export function createCard(): Card {
  const element = make('article');
  let plot: uPlot | undefined;
  let place: HTMLElement | undefined;
  let open = false;

  return {
    element,
    show(answer, { theme, looksOf, shown, explains }) {
      plot?.destroy();
      const looks = answer.series.map(({ labels }) => looksOf(labels));
      const rows = answer.series.map(({ name }, index) => legendRow(name, answer, looks[index]));
      const fill = (index: number | null) => {
        for (const [row, { cell }] of rows.entries())
          cell.textContent = withUnit(valueAt(answer, row, index), answer.unit);
      };
      place = make('div', {
        className: 'plot',
        role: 'img',
        ariaLabel: `${answer.question} ${answer.title}`,
      });
      const zone = new Date().toLocaleTimeString('en-GB', { timeZoneName: 'short' }).split(' ').at(-1) ?? '';
      element.replaceChildren(
        head(answer),
        make('p', { className: 'axis', textContent: axisTitle(answer) }),
        place,
        make('p', { className: 'axis time', textContent: `time of day, ${zone}` }),
        legend(
          rows.map(({ row }) => row),
          explains ? shown.marks : [],
        ),
        queries(answer, open, (isOpen) => {
          open = isOpen;
        }),
      );
      if (answer.series.length === 0) {
        plot = undefined;
        place.append(
          make('p', {
            className: 'empty',
            textContent: `Nothing within ${shown.range}: no request was answered.`,
          }),
        );
        return;
      }
      plot = draw(place, { answer, times: shown.times, marks: shown.marks, theme, looks, onPoint: fill });
      fill(null);
    },
    resize() {
      if (place !== undefined) plot?.setSize({ width: place.clientWidth, height: place.clientHeight });
    },
  };
}

/** At the cursor, else the last that is known. */
function valueAt({ series }: Answer, row: number, index: number | null): number | null {
  const values = series[row]?.values ?? [];
  return (index === null ? values.findLast((value) => value !== null) : values[index]) ?? null;
}

function axisTitle({ unit, title, threshold }: Answer): string {
  const objective = threshold === undefined ? '' : `; objective: ${withUnit(threshold.value, unit)}`;
  return `${title}, ${AXIS_TITLES[unit] ?? unit}${objective}`;
}

function head({ question, description, numbers }: Answer): HTMLElement {
  const top = make('div', { className: 'top' });
  const words = make('div');
  words.append(
    make('h2', { textContent: question }),
    make('p', { className: 'what', textContent: description }),
  );
  const list = make('dl', { className: 'numbers' });
  for (const { title, unit, value } of numbers) {
    const pair = make('div');
    pair.append(make('dt', { textContent: title }), make('dd', { textContent: withUnit(value, unit) }));
    list.append(pair);
  }
  top.append(words, list);
  return top;
}

function legendRow(name: string, { kind }: Answer, look?: Look) {
  const row = make('li');
  const swatch = make('span', { className: 'swatch' });
  const { colour = '', dash = [] } = look ?? {};
  swatch.classList.toggle('area', kind !== 'lines');
  swatch.classList.toggle('dashed', dash.length > 0);
  swatch.style[kind === 'lines' ? 'borderTopColor' : 'background'] = colour;
  const cell = make('output');
  row.append(swatch, make('span', { className: 'name', textContent: name }), cell);
  return { row, cell };
}

function legend(rows: readonly HTMLElement[], marks: readonly Mark[]): HTMLElement {
  const box = make('div');
  const list = make('ul');
  list.append(...rows);
  box.append(list);
  const last = marks.at(-1);
  if (last !== undefined && rows.length > 0) {
    const time = new Date(last.time * 1000).toLocaleTimeString('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
    });
    box.append(make('p', { className: 'mark', textContent: `▾ ${time}  ${last.text}` }));
  }
  return box;
}

function queries({ queries }: Answer, open: boolean, onToggle: (open: boolean) => void): HTMLElement {
  const box = make('details', { open });
  box.append(make('summary', { textContent: 'PromQL, the same as in Grafana' }));
  for (const query of queries) box.append(make('pre', { textContent: query }));
  box.addEventListener('toggle', () => onToggle(box.open));
  return box;
}

function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
