// Every way in which the refusing server refuses: model, message, key, status, code, what else the call has.
export const refusals = [
  ["demo", "x".repeat(2000), "sesame", 400, "context_length_exceeded"],
  ["demo", "hi", "wrong", 401, "invalid_api_key"],
  ["other", "hi", "key-one", 403, "model_not_allowed"],
  ["nobody", "hi", "sesame", 404, "model_not_found"],
  ["demo", "x".repeat(30000), "sesame", 413, "body_too_large"],
  ["demo", "x".repeat(900), "sesame", 429, "deadline_impossible", { "x-slinfer-ttft-ms": "1" }],
  ["demo", "~", "sesame", 500, "internal_error"],
  ["broken", "hi", "sesame", 503, "model_loading"],
];
