import { Page } from '../../ui/page/index.ts';
import { strings } from './strings.ts';

export const Component = () => <Page title={strings.title}>{null}</Page>;
