import { runProgram } from '../common/program.ts';
import { startGateway } from './service.ts';

const USAGE = `usage: gateway (--config gateway.json | --config-variable NAME) --listen HOST:PORT --admin HOST:PORT
               [--reload-every SECONDS] [--last-scrape SECONDS]
SIGHUP reads the configuration, keys and secrets again; SIGTERM finishes what runs and ends.
With --last-scrape it waits, at most so long after SIGTERM, for its metrics to be read once more.
Where no signal can be sent, --reload-every reads them again and again.`;

/** Another bundle in this one's folder, under whatever extension bundles have there. */
function beside(program: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`${program}${extension}`, import.meta.url);
}

await runProgram({ name: 'gateway', usage: USAGE, flags: [] }, (options) =>
  startGateway({ ...options, tokenProgram: beside('gateway-tokens') }),
);
