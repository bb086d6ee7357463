"""URL QUESTIONS OUT THREADS: the pattern of Arena-Hard's gen_judgment.py, written anew from its description: a pool of threads, one question each;
the two games of a question one after the other; a line appended to a file when both are there. What stands in the file is not asked again.

Prints its CPU seconds as JSON.
"""

import concurrent.futures
import json
import os
import resource
import sys

import openai


def judge(client: openai.OpenAI, question: dict, first: str, second: str) -> str:
    messages = [{"role": "system", "content": question["system"]}, {"role": "user", "content": question["user"].format(a=first, b=second)}]
    reply = client.chat.completions.create(model="scripted-judge", messages=messages, temperature=0, max_tokens=512)
    return reply.choices[0].message.content


def main(url: str, questions_file: str, out: str, threads: int) -> None:
    client = openai.OpenAI(base_url=url, api_key="none")
    done = set()
    if os.path.exists(out):
        with open(out, encoding="utf-8") as lines:
            done = {json.loads(line)["id"] for line in lines if line.endswith("\n")}
    with open(questions_file, encoding="utf-8") as lines:
        questions = [question for question in map(json.loads, lines) if question["id"] not in done]

    def play(question: dict) -> None:
        games = [judge(client, question, question["a"], question["b"]), judge(client, question, question["b"], question["a"])]
        with open(out, "a", encoding="utf-8") as file:
            file.write(json.dumps({"id": question["id"], "games": games}) + "\n")

    with concurrent.futures.ThreadPoolExecutor(max_workers=threads) as pool:
        for future in concurrent.futures.as_completed([pool.submit(play, question) for question in questions]):
            future.result()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpuSeconds": usage.ru_utime + usage.ru_stime}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
