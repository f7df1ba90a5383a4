// SPDX-License-Identifier: Apache-2.0
/** The window's entry: starts the worker, connects it to the engine, draws. */
import { connect } from './app/connect.ts';
import { Engine } from './app/engine.ts';
import { mount } from './app/mount.tsx';

const engine = new Engine(new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' }));
mount(engine, document.getElementById('root')!);
connect(engine, window);
