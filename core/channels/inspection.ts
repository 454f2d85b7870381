import { z } from 'zod'
import type { AttemptRef } from '../attempts/tokens'
import type { JobId } from '../ids'

/**
 * Runs on a box by itself, with one argument: `{ "urls": […] }`. Says who the machine is, what each URL answers, and of which
 * attempts a directory lies there, in one JSON line. Standard library only, Python 3.10 or newer. Proxies of the environment are
 * not used: a supervisor uses none either.
 * @param ca trusted besides the box's own authorities, as a supervisor does; in the text, since an argument has a limit of 128 KiB
 */
export function inspectScript(ca: string | null): string {
  return `CA = ${ca === null ? 'None' : JSON.stringify(ca)}\n${SCRIPT}`
}

/** Of as many as that it is told at once: an answer has a limit. */
const MOST_ATTEMPTS = 200

const SCRIPT = `
import http.client, json, os, platform, re, sys, tempfile, threading, time, urllib.parse

def connect(parts):
    if parts.scheme != "https":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    import ssl
    trust = ssl.create_default_context()
    if CA:
        trust.load_verify_locations(cadata=CA)
    return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=5, context=trust)

def call(told):
    began = time.monotonic()
    try:
        parts = urllib.parse.urlsplit(told["url"])
        connection = connect(parts)
        connection.request("GET", parts.path or "/", headers={"Connection": "close"})
        answer = connection.getresponse()
        told["status"], told["body"] = answer.status, answer.read(2000).decode("utf-8", "replace")
    except Exception as problem:
        told["error"] = f"{type(problem).__name__}: {problem}"[:500]
    told["ms"] = round((time.monotonic() - began) * 1000)

calls = [{"url": url} for url in json.loads(sys.argv[1])["urls"]]
threads = [threading.Thread(target=call, args=(told,), daemon=True) for told in calls]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(8)
with open("/proc/sys/kernel/random/boot_id") as file:
    boot_id = file.read().strip()
identity = {"lagerBoxId": os.environ.get("LAGER_BOX_ID", "unknown"), "hostname": os.uname().nodename,
            "bootId": boot_id, "python": platform.python_version()}
answers = [told if "ms" in told else {"url": told["url"], "error": "no answer within 8 s"} for told in calls]
try:
    names = os.listdir(tempfile.gettempdir())
except OSError:
    names = []  # its disk is full, say
named = [re.fullmatch("stout-(job_[0-9a-z]+)-([0-9]{1,9})-[0-9a-f]{12}", name) for name in names]
attempts = [{"jobId": match[1], "attempt": int(match[2])} for match in named if match]
print(json.dumps({"identity": identity, "answers": answers, "attempts": attempts[:${MOST_ATTEMPTS}]}), flush=True)
os._exit(0)
`

const text = (characters: number) =>
  z.string().transform((given) => given.replaceAll('\0', '').toWellFormed().slice(0, characters))

const attemptSchema = z
  .object({ jobId: text(100), attempt: z.number().int().min(1).max(999_999_999) })
  .transform(({ jobId, attempt }): AttemptRef => ({ jobId: jobId as JobId, attempt }))

/** What the script above prints; a box may say anything, so it is cut to a decent length. */
export const inspectionSchema = z.object({
  identity: z.object({ lagerBoxId: text(200), hostname: text(200), bootId: text(100), python: text(50) }),
  answers: z.array(
    z.object({
      url: z.string(),
      status: z.number().int().optional(),
      body: text(2_000).optional(),
      error: text(500).optional(),
    }),
  ),
  attempts: z.array(attemptSchema).max(MOST_ATTEMPTS).default([]),
})
/** Who a box says it is, what it got when it asked the URLs it was given, and attempts of which a directory lies there. */
export type Inspection = z.infer<typeof inspectionSchema>
