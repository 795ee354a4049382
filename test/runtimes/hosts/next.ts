// Next.js calls a route handler as Vercel calls a function.
import './vercel.js';
