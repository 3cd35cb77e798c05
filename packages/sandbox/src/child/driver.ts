/**
 * Runs code as a notebook does, in one namespace, inside Python. Whatever the code raises ends here: an exception that
 * left the interpreter would end the process. `run` gives "completed", "failed" or "timed_out".
 */
export const driver = String.raw`
import ast, asyncio, builtins, inspect, linecache, os, sys, time, traceback, types

_out, _err = sys.stdout, sys.stderr
for _stream in (_out, _err):
    _stream.reconfigure(write_through=True, errors="backslashreplace")

_here = (lambda: 0).__code__.co_filename

def _refuse(what):
    def refused(*args, **kwargs):
        raise OSError(what + " is not available here")
    return refused

# These would end the process instead of failing.
for _name in ("system", "abort", "_exit", "kill", "killpg", "popen"):
    if hasattr(os, _name):
        setattr(os, _name, _refuse("os." + _name + "()"))

_sleep = time.sleep

def _sleep_in_slices(seconds):
    # Asleep, the interpreter does not notice that its time is over.
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _sleep(min(left, 0.05))

time.sleep = _sleep_in_slices

class Notebook:
    def __init__(self):
        self.namespace = {"__name__": "__main__", "__builtins__": builtins, "__doc__": None}
        self.count = 0
        self.late = False
        self.runs = False

    async def run(self, code):
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__ = _out, _err
        self.count += 1
        self.late = False
        self.runs = True
        name = "cell " + str(self.count)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        try:
            await self._run(code, name)
            return "completed"
        except BaseException as error:
            return self._tell(error)
        finally:
            self._settle()

    async def warm_up(self):
        # The first run loads and compiles much.
        await self.run("1")
        self.namespace.pop("_", None)
        self.count = 0

    async def _run(self, code, name):
        tree = ast.parse(code, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if tree.body:
            await self._evaluate(compile(tree, name, "exec", flags, dont_inherit=True))
        if last is not None:
            shown = compile(ast.Expression(last.value), name, "eval", flags, dont_inherit=True)
            value = await self._evaluate(shown)
            if value is not None:
                self.namespace["_"] = value
                print(repr(value))

    async def _evaluate(self, compiled):
        value = eval(compiled, self.namespace)
        return await value if compiled.co_flags & inspect.CO_COROUTINE else value

    def cancel(self):
        if not self.runs:
            return
        self.late = True
        for task in asyncio.all_tasks():
            task.cancel()

    def _tell(self, error):
        sys.stdout, sys.stderr = _out, _err
        if self.late or isinstance(error, KeyboardInterrupt):
            print("\nInterrupted: the time limit was reached.", file=_err)
            return "timed_out"
        if isinstance(error, SystemExit):
            if error.code is None or error.code == 0:
                return "completed"
            print("SystemExit: " + str(error.code), file=_err)
            return "failed"
        try:
            self._trim(error, set())
            traceback.print_exception(error, limit=-20, file=_err)
        except BaseException:
            print(type(error).__name__, file=_err)
        return "failed"

    def _trim(self, error, seen):
        if error is None or id(error) in seen:
            return
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == _here:
            trace = trace.tb_next
        error.__traceback__ = trace
        self._trim(error.__cause__, seen)
        self._trim(error.__context__, seen)

    def _settle(self):
        self.runs = False
        try:
            this = asyncio.current_task()
            while this.cancelling():
                this.uncancel()
            for task in asyncio.all_tasks():
                if task is not this:
                    task.cancel()
        except BaseException:
            pass

_loop = asyncio.get_event_loop()
# What a task raises that nobody awaits must not leave the loop.
_loop._system_exit_handler = lambda code: None
_loop._keyboard_interrupt_handler = lambda: None

# What asyncio.run() asks for is all that is left of these.
for _name in [name for name in sys.modules if name.partition(".")[0] in ("js", "pyodide_js")]:
    del sys.modules[_name]
_api = types.ModuleType("pyodide_js._api")
_api.config = types.SimpleNamespace(enableRunUntilComplete=True)
sys.modules["pyodide_js"] = types.ModuleType("pyodide_js")
sys.modules["pyodide_js._api"] = sys.modules["pyodide_js"]._api = _api

Notebook()
`;
