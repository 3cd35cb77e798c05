import { beforeEach, describe, expect, test } from "vitest";
import { formRequest, openTestApp, type TestApp } from "../../testing/test-app.ts";

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp({ store: { files: { part_max_bytes: 1000 } } });
});

const upload = { bytes: 6, filename: "dir/a.txt", mime_type: "text/plain", purpose: "assistants" };

async function addPart(id: string, body: FormData | string, headers: Record<string, string> = {}) {
  const path = `/v1/uploads/${id}/parts`;
  const request =
    typeof body === "string"
      ? new Request(`http://localhost${path}`, { method: "POST", body, headers })
      : await formRequest(path, body);
  const response = await app.fetch(request);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function part(content: string, field = "data"): FormData {
  const form = new FormData();
  form.set(field, new Blob([content]));
  return form;
}

describe("an upload", () => {
  test("is made of parts, in the order that is named", async () => {
    const { body: created } = await app.call("POST", "/v1/uploads", upload);
    expect(created).toMatchObject({ object: "upload", status: "pending", filename: "a.txt", file: null });
    const second = await addPart(created.id, part("def"));
    const first = await addPart(created.id, part("abc"));
    expect(first).toMatchObject({ status: 200, body: { object: "upload.part", upload_id: created.id } });
    const complete = await app.call("POST", `/v1/uploads/${created.id}/complete`, {
      part_ids: [first.body.id, second.body.id],
    });
    expect(complete.body).toMatchObject({ status: "completed", file: { bytes: 6, filename: "a.txt" } });
    const content = await app.call("GET", `/v1/files/${complete.body.file.id}/content`);
    expect(content.body).toBe("abcdef");
    expect(content.headers.get("content-type")).toBe("text/plain");
  });

  test("is cancelled", async () => {
    const { body } = await app.call("POST", "/v1/uploads", upload);
    expect((await app.call("POST", `/v1/uploads/${body.id}/cancel`)).body).toMatchObject({
      status: "cancelled",
    });
  });

  test.for([
    ["no bytes", { bytes: undefined }, "bytes"],
    ["half a byte", { bytes: 0.5 }, "bytes"],
    ["more than 8 GiB", { bytes: 2 ** 33 + 1 }, "bytes"],
    ["no name", { filename: "" }, "filename"],
    ["a name with control characters", { filename: "a\u0000" }, "filename"],
    ["no type", { mime_type: undefined }, "mime_type"],
    ["another purpose", { purpose: "fun" }, "purpose"],
    ["a wrong expiry", { expires_after: { anchor: "now", seconds: 3600 } }, "expires_after.anchor"],
  ])("of %s is a 422", async ([, change, param]) => {
    expect(await app.call("POST", "/v1/uploads", { ...upload, ...(change as object) })).toMatchObject({
      status: 422,
      body: { error: { param } },
    });
  });

  test.for(["parts", "complete", "cancel"])("that there is not is a 404: %s", async (verb) => {
    const path = `/v1/uploads/upload_x/${verb}`;
    const answer =
      verb === "parts"
        ? await addPart("upload_x", part("x"))
        : await app.call("POST", path, { part_ids: ["part_1"] });
    expect(answer.status).toBe(404);
  });

  test.for([
    ["no parts", {}, "part_ids"],
    ["an empty list", { part_ids: [] }, "part_ids"],
    ["a wrong md5", { part_ids: ["part_1"], md5: "xyz" }, "md5"],
  ])("completed with %s is a 422", async ([, body, param]) => {
    const { body: created } = await app.call("POST", "/v1/uploads", upload);
    expect(await app.call("POST", `/v1/uploads/${created.id}/complete`, body)).toMatchObject({
      status: 422,
      body: { error: { param } },
    });
  });
});

describe("a part", () => {
  let id: string;
  beforeEach(async () => {
    ({ id } = (await app.call("POST", "/v1/uploads", upload)).body);
  });

  test("in another field is a 422 naming data", async () => {
    expect(await addPart(id, part("x", "file"))).toMatchObject({
      status: 422,
      body: { error: { param: "data" } },
    });
  });

  test("that announces too much is a 413", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": "2000000" };
    expect((await addPart(id, "x", headers)).status).toBe(413);
  });

  test("of a form that breaks off does not come to be", async () => {
    const body = '--b\r\ncontent-disposition: form-data; name="data"; filename="a"\r\n\r\nabc\r\n--b\r\n';
    const answer = await addPart(id, body, { "content-type": "multipart/form-data; boundary=b" });
    expect([answer.status, app.fakes.parts(), app.fakes.pending()]).toEqual([400, 0, 0]);
  });
});
