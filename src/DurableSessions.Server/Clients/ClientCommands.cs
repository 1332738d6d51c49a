using System.CommandLine;
using DurableSessions.Server.Keys;
using DurableSessions.Server.Transfer;

namespace DurableSessions.Server.Clients;

/// <summary>The commands for a server that runs, over its HTTP API.</summary>
internal static class ClientCommands
{
    public static IEnumerable<Command> Create(ClientHost host) =>
    [
        SessionsCommand.Create(host),
        CommitsCommand.Create(host),
        MemoriesCommand.Create(host),
        ArchiveCommand.Create(host),
        ImportCommand.Create(host),
        ExportCommand.Create(host),
        UsersCommand.Create(host),
    ];

    public static Argument<string> Text(string name, string description) => new(name) { Description = description };

    public static Option<bool> Yes(string what) => new("--yes") { Description = $"{what} without --yes nothing is done." };

    public static Option<int?> Limit(int max, string what) => NumberOption.Create("--limit", 1, max, what, "How many at most");

    /// <exception cref="ClientException">It is not set.</exception>
    public static void Require(ParseResult parsed, Option<bool> yes, string what)
    {
        if (!parsed.GetValue(yes))
        {
            throw new ClientException($"{what} cannot be taken back: say --yes.");
        }
    }
}
