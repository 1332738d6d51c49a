using System.CommandLine;
using DurableSessions.Server.Auditing;
using DurableSessions.Server.Demo;
using DurableSessions.Server.Draining;
using DurableSessions.Server.Expiring;
using DurableSessions.Server.Keys;
using DurableSessions.Server.Serving;

RootCommand root = ServeCommand.Create();
root.Add(DemoCommand.Create());
root.Add(CheckCommand.Create());
root.Add(DrainCommand.Create());
root.Add(ExpireCommand.Create());
root.Add(KeysCommand.Create());

// The host handles signals: it stops in order, with local storage last.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
