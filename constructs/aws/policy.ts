import type { Place } from './place.ts';

/** One statement of an IAM policy, in IAM's own terms. */
export interface Statement {
  readonly Sid: string;
  readonly Effect?: 'Deny';
  readonly Principal?: '*' | { readonly AWS?: string; readonly Service?: string };
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * An IAM policy's text. Allows where a statement does not say `Deny`. Resources are named by ARNs that are known
 * beforehand, never by references: `synth --hcl` cannot quote those inside a text.
 */
export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(({ Sid, Effect = 'Allow', ...rest }) => ({ Sid, Effect, ...rest })),
  });
}

/** Lets a service of AWS act as a role. */
export function trustPolicy(service: string, condition?: Statement['Condition']): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', Condition: condition },
    ],
  });
}

/**
 * Lets one role of this account act as another. It is named by a condition: as a principal it would have to be there first,
 * and one that is made anew under its name would be another one.
 */
export function roleTrust(place: Place, roleArn: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: place.iamArn('root') },
        Action: 'sts:AssumeRole',
        Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn } },
      },
    ],
  });
}
