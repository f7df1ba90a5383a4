// SPDX-License-Identifier: Apache-2.0
/** The screens at the left. */
import { useSession } from './session-context.ts';
import { screens } from './screens.ts';
import { useApp } from './store.ts';
import './rail.css';

export function Rail() {
  const session = useSession();
  const shown = useApp((state) => state.screen);
  return (
    <nav className="rail" aria-label="Screens">
      {screens.map(({ name, title, icon: Icon }, index) => (
        <button
          key={name}
          className={name === shown ? 'on' : ''}
          aria-current={name === shown ? 'page' : undefined}
          title={`${title} (${index + 1})`}
          onClick={() => session.store.setState({ screen: name })}
        >
          <Icon size={18} aria-hidden />
          {title}
        </button>
      ))}
    </nav>
  );
}
