/**
 * Of every client: the machine's identity comes from the SDK's own search (instance profile), the endpoint from
 * `AWS_ENDPOINT_URL` where that is given. Who asks again every few seconds needs no patience of the SDK's.
 */
export function awsClientOptions(region: string) {
  return {
    region,
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  };
}
