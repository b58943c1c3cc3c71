/** A reviewer in the shipped local environment, as an operator would add one. */
export function withLocalReviewer(api = 'http://127.0.0.1:1/'): (text: string) => string {
  return (text) =>
    text
      .replace(
        /^ {2}api-keys: .+$/m,
        `$&
  reviewer-app: { env: REVIEWER_APP }
  reviewer-hook: { env: REVIEWER_HOOK }
  reviewer-key: { env: REVIEWER_KEY }`,
      )
      .replace(
        /^router: /m,
        `reviewer:
  app: 4711
  api: ${api}
  privateKey: reviewer-app
  webhookSecret: reviewer-hook
  gatewayKey: reviewer-key
  repositories: [acme]
$&`,
      );
}
