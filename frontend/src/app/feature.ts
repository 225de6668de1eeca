import type { OperationId } from '@ledgerflow/client';
import type { Reducer } from '@reduxjs/toolkit';
import type { ComponentType, SVGProps } from 'react';
import type { RouteObject } from 'react-router';

export type NavigationGroup = 'ledger' | 'operations' | 'site';

/** One room of the dashboard; its folder's index.ts gives it, a line in registry.ts adds it. */
export interface Feature {
  id: string;
  /** Where it lies: below `/ledgers/:ledger` or below `/`. */
  scope: 'ledger' | 'site';
  /** Segments below that, without a slash at either end; '' for the place itself. */
  path: string;
  title: string;
  navigation: { group: NavigationGroup; icon: ComponentType<SVGProps<SVGSVGElement>> } | null;
  /** Shown to those who may call it; for others its address is a refusal. null: to everybody who is signed in. */
  needs: OperationId | null;
  /** `g` and this letter go there. */
  letter?: string;
  /** Pages, each loaded when it is gone to; paths are relative to `path`. */
  routes: RouteObject[];
  /** What is said on every page while it is due to somebody, by its own state; loaded then. */
  reminder?: {
    isDue(state: object, who: string): boolean;
    load: () => Promise<ComponentType>;
    /** Whoever closes the page now, or loads it anew, would not see what becomes of it: the browser asks them first. */
    isUnsettled(state: object, who: string): boolean;
  };
  /** UI state of its own. */
  reducers?: Readonly<Record<string, Reducer>>;
}
