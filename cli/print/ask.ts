import type { AskResult } from '../commands/ask.ts';
import type { Paint } from './style.ts';

/** What is worth knowing beside the code, a line each. For stderr: stdout has the code. */
export function printAsk(result: AskResult, paint: Paint): string[] {
  const { outcome, validation, findings, notes, resources, model, answers, corrections } = result;
  if (outcome === 'question')
    return [paint('yellow', 'nothing was written: the model answers without a call')];
  const valid = validation?.result === 'valid';
  const warnings = validation?.result === 'valid' ? validation.warnings : [];
  return [
    ...notes.map((note) => paint('yellow', `note: ${note}`)),
    ...warnings.map((warning) => paint('yellow', `terraform warns: ${warning}`)),
    ...findings.map(({ rule, address, message, fix }) =>
      paint('yellow', `${rule}: ${address === undefined ? '' : `${address}: `}${message}. ${fix}`),
    ),
    valid
      ? paint('green', 'validated by Terraform and by the plan checks; nothing was applied')
      : paint('red', `NOT VALIDATED by Terraform: ${validation?.reason ?? ''}`),
    `${resources.length} resources, ${answers} answers of ${model}, ${corrections} corrections, ${tokensOf(result)}`,
  ];
}

function tokensOf({ promptTokens, completionTokens }: AskResult): string {
  return `${promptTokens} + ${completionTokens} tokens`;
}
