import { readFileSync } from 'node:fs';
import { CommandLineError } from './command-line.ts';
import { expandConfigFile } from './config-file.ts';
import { vllmFlags } from './flags.ts';
import { helpText } from './help.ts';
import { ServerOptionsError } from './server-options.ts';
import { checked, parseJson, SimulationOptions, SimulationOptionsError } from './simulation-options.ts';
import { createSimulator, type Simulator } from './simulator.ts';

function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

function explain(error: unknown): never {
  if (error instanceof CommandLineError) fail(2, `${error.usage}\n${error.message}`);
  if (error instanceof ServerOptionsError || error instanceof SimulationOptionsError) fail(1, error.message);
  if (error instanceof Error && 'code' in error) fail(1, `ERROR: ${error.message}`);
  throw error;
}

function start(): Simulator {
  const given = process.argv.slice(2);
  if (given.some((argument) => /^(-h|--help)(=|$)/.test(argument))) {
    console.log(helpText(vllmFlags));
    process.exit(0);
  }
  const { VLLM_SIMULATOR: options = '{}', VLLM_API_KEY: vllmApiKey } = process.env;
  return createSimulator({
    args: expandConfigFile(given, (path) => readFileSync(path, 'utf8')),
    simulation: checked(
      SimulationOptions,
      parseJson(options === '' ? '{}' : options, 'VLLM_SIMULATOR'),
      'VLLM_SIMULATOR',
    ),
    vllmApiKey,
  });
}

try {
  const simulator = start();
  const { model, servedModelNames } = simulator.options;
  console.log(
    `INFO vLLM API server version 0.32.0 (simulated), serving model ${model} as ${servedModelNames.join(', ')}`,
  );
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
    console.log(`INFO [shutdown] ${signal}: timeout=${simulator.options.shutdownTimeout}s`);
    simulator.shutdown().then(() => process.exit(0), explain);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const { url } = await simulator.listen();
  console.log('INFO:     Application startup complete.');
  console.log(`INFO:     Uvicorn running on ${url} (Press CTRL+C to quit)`);
} catch (error) {
  explain(error);
}
