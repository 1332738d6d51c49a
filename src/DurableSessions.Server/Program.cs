using System.CommandLine;
using DurableSessions.Server.Serving;

RootCommand root = ServeCommand.Create();

// The host handles signals: it stops in order, with local storage last.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
