// SPDX-License-Identifier: Apache-2.0
/**
 * Stands in for `electron` under vitest (vitest.config.ts), where the real package would start a download.
 * It records what it is told. Each part is typed by Electron's own types, so that a name or a signature
 * that Electron has not makes the type check fail here.
 */
import { EventEmitter } from 'node:events';
import type {
  App,
  BrowserWindow as RealBrowserWindow,
  BrowserWindowConstructorOptions,
  ContextBridge,
  CustomScheme,
  Dialog,
  ForkOptions,
  IpcRenderer,
  Menu as RealMenu,
  MenuItemConstructorOptions,
  MessagePortMain,
  Protocol,
  Session,
  UtilityProcess as RealUtilityProcess,
  WebContents as RealWebContents,
} from 'electron';

export interface Call {
  what: string;
  with: unknown[];
}
/** Everything that was called, in order. */
export const calls: Call[] = [];
const note = (what: string, ...args: unknown[]): void => void calls.push({ what, with: args });

export function callsOf(what: string): unknown[][] {
  return calls.filter((call) => call.what === what).map((call) => call.with);
}

/** What the next calls answer; set by tests. */
export const answers = { singleInstance: true, messageBoxResponse: 1 };

class AppStub extends EventEmitter {
  readonly ready = Promise.withResolvers<undefined>();
  whenReady: App['whenReady'] = () => this.ready.promise;
  quit: App['quit'] = () => note('app.quit');
  getVersion: App['getVersion'] = () => '0.0.0-stub';
  enableSandbox: App['enableSandbox'] = () => note('app.enableSandbox');
  requestSingleInstanceLock: App['requestSingleInstanceLock'] = (data) => {
    note('app.requestSingleInstanceLock', data);
    return answers.singleInstance;
  };
  isPackaged: App['isPackaged'] = true;
  setAboutPanelOptions: App['setAboutPanelOptions'] = (options) => note('app.setAboutPanelOptions', options);
}
export const app = new AppStub();

export class MessageChannelMain {
  readonly port1 = { end: 1 } as unknown as MessagePortMain;
  readonly port2 = { end: 2 } as unknown as MessagePortMain;
}

export class WebContentsStub extends EventEmitter {
  url = '';
  getURL: RealWebContents['getURL'] = () => this.url;
  reload: RealWebContents['reload'] = () => note('contents.reload');
  postMessage: RealWebContents['postMessage'] = (channel, message, transfer) =>
    note('contents.postMessage', channel, message, transfer);
  setWindowOpenHandler: RealWebContents['setWindowOpenHandler'] = (handler) =>
    note('contents.setWindowOpenHandler', handler);
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  static getAllWindows(): BrowserWindow[] {
    return BrowserWindow.all;
  }
  /** Set by tests. */
  static focused: BrowserWindow | null = null;
  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.focused;
  }

  readonly options: BrowserWindowConstructorOptions;
  readonly webContents = new WebContentsStub();
  constructor(options: BrowserWindowConstructorOptions) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  show: RealBrowserWindow['show'] = () => note('window.show');
  focus: RealBrowserWindow['focus'] = () => note('window.focus');
  restore: RealBrowserWindow['restore'] = () => note('window.restore');
  isMinimized: RealBrowserWindow['isMinimized'] = () => true;
  getNormalBounds: RealBrowserWindow['getNormalBounds'] = () => ({ x: 100, y: 50, width: 1200, height: 700 });
  loadURL: RealBrowserWindow['loadURL'] = (url) => {
    note('window.loadURL', url);
    this.webContents.url = url;
    return Promise.resolve();
  };
}

class UtilityProcessStub extends EventEmitter {
  postMessage: RealUtilityProcess['postMessage'] = (message, transfer) => note('engine.postMessage', message, transfer);
  kill: RealUtilityProcess['kill'] = () => {
    note('engine.kill');
    return true;
  };
}
/** The newest one that was started. */
export const engines: UtilityProcessStub[] = [];
export const utilityProcess = {
  fork(modulePath: string, args?: string[], options?: ForkOptions): UtilityProcessStub {
    note('utilityProcess.fork', modulePath, args, options);
    const engine = new UtilityProcessStub();
    engines.push(engine);
    return engine;
  },
};

type Handler<K extends keyof Session> = Session[K] extends (handler: infer H, ...rest: never[]) => void ? H : never;
/** What the session was given. */
export const handlers: {
  protocol?: Parameters<Protocol['handle']>[1];
  request?: Handler<'setPermissionRequestHandler'>;
  check?: Handler<'setPermissionCheckHandler'>;
  device?: Handler<'setDevicePermissionHandler'>;
  display?: Handler<'setDisplayMediaRequestHandler'>;
} = {};
const defaultSession = {
  protocol: {
    handle: ((scheme, handler) => {
      note('protocol.handle', scheme);
      handlers.protocol = handler;
    }) as Protocol['handle'],
  },
  setPermissionRequestHandler: ((handler) => (handlers.request = handler)) as Session['setPermissionRequestHandler'],
  setPermissionCheckHandler: ((handler) => (handlers.check = handler)) as Session['setPermissionCheckHandler'],
  setDevicePermissionHandler: ((handler) => (handlers.device = handler)) as Session['setDevicePermissionHandler'],
  setDisplayMediaRequestHandler: ((handler) =>
    (handlers.display = handler)) as Session['setDisplayMediaRequestHandler'],
};
export const session = { defaultSession };

export const protocol = {
  registerSchemesAsPrivileged: ((schemes: CustomScheme[]) =>
    note('protocol.registerSchemesAsPrivileged', schemes)) satisfies Protocol['registerSchemesAsPrivileged'],
};

export const dialog = {
  showMessageBox: ((options: unknown) => {
    note('dialog.showMessageBox', options);
    return Promise.resolve({ response: answers.messageBoxResponse, checkboxChecked: false });
  }) as Dialog['showMessageBox'],
};

export const Menu = {
  buildFromTemplate: (template: MenuItemConstructorOptions[]) => template as unknown as RealMenu,
  setApplicationMenu: ((menu) => note('Menu.setApplicationMenu', menu)) as typeof RealMenu.setApplicationMenu,
};

export const contextBridge = {
  exposeInMainWorld: ((key, api) =>
    note('contextBridge.exposeInMainWorld', key, api)) as ContextBridge['exposeInMainWorld'],
};
export const ipcRenderer = new EventEmitter() as unknown as Pick<IpcRenderer, 'on'> & EventEmitter;
