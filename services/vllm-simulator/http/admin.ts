import type { RecordStore } from '../record.ts';
import {
  checked,
  parseJson,
  SimulationChange,
  type SimulationOptions,
  SimulationOptionsError,
} from '../simulation-options.ts';
import type { Exchange } from './exchange.ts';

/**
 * The simulator's own routes, which no vLLM has:
 * - `GET /simulator/requests`: the records, oldest first;
 * - `GET /simulator/options`: the simulation's options;
 * - `PUT /simulator/options`: changes those given; counts of failures begin anew if `failures` is among them.
 */
export function createAdmin(parts: {
  records: RecordStore;
  options: () => SimulationOptions;
  change: (change: SimulationChange) => void;
}): (exchange: Exchange, body: () => Promise<string>) => Promise<void> {
  const { records, options, change } = parts;
  return async (exchange, body) => {
    const route = `${exchange.request.method} ${exchange.path}`;
    switch (route) {
      case 'GET /simulator/requests':
        return exchange.sendJson(200, JSON.stringify(records.all()));
      case 'GET /simulator/options':
        return exchange.sendJson(200, JSON.stringify(options()));
      case 'PUT /simulator/options':
        try {
          change(checked(SimulationChange, parseJson(await body(), 'options'), 'options'));
          return exchange.sendJson(200, JSON.stringify(options()));
        } catch (error) {
          if (!(error instanceof SimulationOptionsError)) throw error;
          return exchange.sendJson(400, JSON.stringify({ error: error.message }));
        }
      default:
        return exchange.sendJson(404, JSON.stringify({ error: `no such route: ${route}` }));
    }
  };
}
