import { describe, expect, test } from "vitest";
import { parseCreateRequest } from "./parse-create-request.ts";

function parseImage(image_url: string) {
  const input = [{ role: "user", content: [{ type: "input_image", image_url }] }];
  return parseCreateRequest({ model: "m", input }, false);
}

describe("a picture by data URL", () => {
  test.each([
    "data:image/png;base64,AA==",
    "data:image/png;charset=x;BASE64,AA",
    "data:image/png;base64,A-_A\nAA%3D%3D",
    "data:image/svg+xml,<svg xmlns='@@@'/>",
    "https://a.example/;base64,@@@@",
  ])("is taken: %j", (url) => {
    expect(parseImage(url).ignored).toEqual([]);
  });

  test.each(["data:image/png;base64,@@@@", "DATA:image/png;base64,AAAA{"])("is not base64: %s", (url) => {
    expect(() => parseImage(url)).toThrow(
      expect.objectContaining({
        status: 422,
        code: "invalid_base64_image",
        param: "input[0].content[0].image_url",
        message: "Invalid 'input[0].content[0].image_url': the data URL is not in base64.",
      }),
    );
  });
});
