/** Whether a status says that a request was carried out (RFC 9110, 15.3). */
export function isGoodStatus(status: number): boolean {
  return status >= 200 && status < 300;
}
