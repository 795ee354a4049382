import { Support } from './support';

export default function Page() {
  return (
    <main>
      <h1>Support</h1>
      <Support />
    </main>
  );
}
