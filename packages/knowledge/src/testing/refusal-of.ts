import { ApiError } from "@gateway/protocol";

/** What a client is told of the ApiError that work ends with; undefined where it does not end with one. */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<Pick<ApiError, "status" | "code" | "param" | "message"> | undefined> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, code, param, message } = error;
    return { status, code, param, message };
  }
  return undefined;
}
