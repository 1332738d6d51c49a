using System.CommandLine;
using DurableSessions.Server.Auditing;
using DurableSessions.Server.Clients;
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
foreach (Command command in ClientCommands.Create(new ClientHost()))
{
    root.Add(command);
}

// The host handles signals: it stops in order, with local storage last.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
