#!/usr/bin/env python3
"""pip install of this folder into a fresh environment, without a network: the package carries the library, finds it from any folder,
and leaves nothing behind. Exit status 77: something that this needs is not there.

    python3 test_pip.py [library]                 library: another one, for the order of the search
"""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LIBRARY = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
NEEDED = 'numpy', 'venv', 'ensurepip'

PROGRAM = """
import numpy, srd
with srd.Graph() as graph:
    x = graph.input(1, 1, 3, name='picture')
    x = graph.relu(graph.conv2d(x, numpy.array([[[[1, 1]]], [[[1, -1]]]]), bias=[-2, 0]))
    x = graph.linear(graph.global_avg_pool(x), [[1, 2]], bias=[1])
    graph.output(x)
    graph.seal()
    with srd.Explainer(graph) as explainer:
        explainer.run([[[1, 3, 1]]])
        print(explainer.ask().tolist())
print(srd.load()._name)
print(srd.__file__)
"""


def missing():
    """What this test needs and this machine has not; None."""
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            return f'no {name} in this python3 (Debian: python3-{"numpy" if name == "numpy" else "venv"})'
    if shutil.which(os.environ.get('CC', 'cc').split()[0]) is None:
        return 'no C compiler'
    return None


def run(*command, **how):
    """What a command says; its failure is an error with that text."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
    if done.returncode:
        raise AssertionError(f'{" ".join(map(str, command))} ended with {done.returncode}:\n{done.stdout}')
    return done.stdout


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if '__pycache__' not in path.parts)


class Pip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        left_out = 'SRD_LIBRARY', 'PYTHONPATH', 'PYTHONHOME', 'CFLAGS', 'MAKEFLAGS'
        cls.environment = {**{k: v for k, v in os.environ.items() if k not in left_out}, 'PIP_DISABLE_PIP_VERSION_CHECK': '1',
                           'PIP_CONFIG_FILE': os.devnull, 'PIP_NO_INDEX': '1', 'PYTHONDONTWRITEBYTECODE': '1'}
        if shutil.which('ccache'):
            cls.environment['CMAKE_C_COMPILER_LAUNCHER'] = 'ccache'

    def python(self, *arguments, **more):
        return run(self.folder / 'env/bin/python', *arguments, cwd=self.folder, env={**self.environment, **more})

    def test_install_explain_and_uninstall(self):
        before = files(HERE)
        run(sys.executable, '-m', 'venv', '--system-site-packages', self.folder / 'env', env=self.environment)
        told = self.python('-m', 'pip', 'install', '-v', HERE)  # with isolation of the build, which may need no download
        self.assertEqual(files(HERE), before)
        self.assertRegex(told, r'libsrd: compiling the library [\d.]+ by')
        self.assertRegex(told, r'libsrd: \S+: \d+ KB in \d+ s')

        numbers, library, package = self.python('-c', PROGRAM).splitlines()
        self.assertEqual(numbers, '[[-0.1875, 5.625, -0.4375]]')
        self.assertEqual(pathlib.Path(library).parent, pathlib.Path(package).parent)
        self.assertIn(str(self.folder / 'env'), library)
        if LIBRARY:
            said = self.python('-c', 'import srd; print(srd.load()._name)', SRD_LIBRARY=str(LIBRARY))
            self.assertEqual(said.strip(), str(LIBRARY))
        version = re.search(r'^Version: (.*)$', self.python('-m', 'pip', 'show', 'libsrd'), re.M)[1]
        major, minor, patch = map(int, version.split('.'))
        self.assertEqual(int(self.python('-c', 'import srd; print(srd.version())')), major * 10000 + minor * 100 + patch)
        for path in pathlib.Path(package).parent.rglob('*'):
            if path.is_file():
                self.assertNotIn(str(ROOT).encode(), path.read_bytes(), path)

        self.python('-m', 'pip', 'uninstall', '--yes', 'libsrd')
        self.assertFalse(pathlib.Path(library).exists())
        self.assertFalse(pathlib.Path(package).exists())

    def build(self, source, what, **more):
        """Calls the backend in its folder, as pip does; what it made."""
        out = self.folder / f'{what}-of-{source.name}'
        out.mkdir()
        run(sys.executable, '-B', '-c', f'import sys; sys.path.insert(0, "pip_backend"); import srd_build; srd_build.{what}({str(out)!r})',
            cwd=source, env={**self.environment, **more})
        made, = out.iterdir()
        return made

    def test_a_wheel_of_the_source_archive_by_the_compiler_alone(self):
        archive = self.build(HERE, 'build_sdist')
        with tarfile.open(archive) as packed:
            names = packed.getnames()
            self.assertTrue(all(member.isfile() and not member.name.startswith(('/', '.')) for member in packed))
            packed.extractall(self.folder / 'unpacked')
        self.assertFalse([name for name in names if re.search(r'\.so|\.pyc|/build', name)])
        source, = (self.folder / 'unpacked').iterdir()
        tools = self.folder / 'tools'  # all that is in PATH but CMake
        tools.mkdir()
        for place in reversed(os.environ['PATH'].split(os.pathsep)):
            for tool in pathlib.Path(place).iterdir() if os.path.isdir(place) else ():
                if tool.name != 'cmake':
                    (tools / tool.name).unlink(missing_ok=True)
                    (tools / tool.name).symlink_to(tool)
        wheel = self.build(source, 'build_wheel', PATH=str(tools), CFLAGS='-O0')
        self.assertRegex(wheel.name, r'^libsrd-[\d.]+-py3-none-(?!any)\w+\.whl$')
        with zipfile.ZipFile(wheel) as packed:
            self.assertIsNone(packed.testzip())
            self.assertEqual({name.partition('/')[0] for name in packed.namelist()}, {'srd', re.sub(r'-py3.*', '.dist-info', wheel.name)})
            for name in packed.namelist():
                for path in (str(ROOT), str(self.folder)):
                    self.assertNotIn(path.encode(), packed.read(name), name)
            packed.extractall(self.folder / 'content')
        said = run(sys.executable, '-B', '-c', PROGRAM, cwd=self.folder / 'content', env=self.environment).splitlines()
        self.assertEqual(said[0], '[[-0.1875, 5.625, -0.4375]]')
        self.assertIn(str(self.folder / 'content'), said[1])

    def test_without_the_sources_it_says_what_to_do(self):
        copy = self.folder / 'alone/python'
        shutil.copytree(HERE / 'pip_backend', copy / 'pip_backend')
        with self.assertRaisesRegex(AssertionError, 'Install from a clone of the whole project; a pip before 21.3'):
            self.build(copy, 'build_wheel')


if __name__ == '__main__':
    reason = missing()
    if reason:
        print(f'skipped: {reason}')
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
