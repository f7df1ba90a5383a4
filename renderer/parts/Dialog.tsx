// SPDX-License-Identifier: Apache-2.0
/** A modal dialog. Radix's own overlay is left out: it writes a style element, which the page's policy forbids. */
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import './dialog.css';

interface Props {
  open: boolean;
  close(): void;
  title: string;
  /** What it is for; read out, and shown below the title. */
  description?: string;
  className?: string;
  children: ReactNode;
}

export function Dialog({ open, close, title, description, className, children }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && close()}>
      <Radix.Portal>
        <div className="backdrop" />
        <Radix.Content className={`dialog ${className ?? ''}`} {...(description === undefined ? { 'aria-describedby': undefined } : {})}>
          <div className="dialog-head">
            <Radix.Title>{title}</Radix.Title>
            <Radix.Close className="plain" aria-label="Close">
              <X size={16} />
            </Radix.Close>
          </div>
          {description !== undefined && <Radix.Description>{description}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
