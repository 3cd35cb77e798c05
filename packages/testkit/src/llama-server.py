"""Runs llama.cpp's HTTP server with the settings given as JSON in the first argument.

Prints one line of JSON with the address it listens on, and ends when its standard input ends: that is,
at the latest when the process that started it is gone.
"""

import json
import os
import sys

import xllamacpp

settings = json.loads(sys.argv[1])

params = xllamacpp.CommonParams()
params.model.path = settings["model_file"]
params.model_alias = {settings["model"]}
params.hostnames = ["127.0.0.1"]
params.port = 0
# Four conversations at a time, each with the 2,048 tokens the model was made for.
params.n_ctx = 8192
params.n_parallel = 4
params.use_jinja = True
params.ui = False
params.offline = True
params.cpuparams.n_threads = 1
if settings["api_key"]:
    params.api_keys = [settings["api_key"]]
if settings["embedding"]:
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN

server = xllamacpp.Server(params)
print(json.dumps({"listening": server.listening_address}), flush=True)
sys.stdin.read()
os._exit(0)
