using System.CommandLine;

namespace DurableSessions.Server.Clients;

/// <summary>The options that all commands of a client have, and how they run.</summary>
internal sealed class ClientOptions
{
    private readonly ClientHost _host;
    private readonly Option<string?> _url = new("--url")
    {
        Description = $"The server. Default: OPENVIKING_URL in the environment, or else {ServerAddress.Default}",
        Recursive = true,
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = "The key. Default: OPENVIKING_API_KEY in the environment, which other users of this machine do not see.",
        Recursive = true,
    };

    private readonly Option<string?> _account = new("--account")
    {
        Description = "The account, of a server without keys.",
        Recursive = true,
    };

    private readonly Option<string?> _user = new("--user") { Description = "The user, of a server without keys.", Recursive = true };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write the result as JSON, and nothing else.",
        Recursive = true,
    };

    /// <param name="command">Gets the options, for itself and the commands below it.</param>
    /// <param name="host">What it takes from the process.</param>
    public ClientOptions(Command command, ClientHost host)
    {
        _host = host;
        foreach (Option option in (Option[])[_url, _key, _account, _user, _json])
        {
            command.Add(option);
        }
    }

    /// <summary>Lets a command run: 0, or what it says; 1 with one line after an error; 130 where it is interrupted.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">What it does.</param>
    /// <param name="user">Whose data it is about, where the command has its own way to say so.</param>
    public void SetAction(
        Command command, Func<ClientRun, ParseResult, CancellationToken, Task<int>> run, Func<ParseResult, string?>? user = null) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            TextWriter error = parsed.InvocationConfiguration.Error;
            return await CommandRun.RunAsync(
                async stop =>
                {
                    ServerAddress server = Server(parsed) is var given && user?.Invoke(parsed) is { } name
                        ? given with { User = name }
                        : given;
                    if (server.IsExposed)
                    {
                        await error.WriteLineAsync($"warning: the key goes to {server.Url.Host} in clear text; use https.");
                    }

                    bool isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
                    SessionApi api = _host.Connect(server);
                    try
                    {
                        return await run(
                            new ClientRun(api, _host, output, error, parsed.GetValue(_json), isTerminal), parsed, stop);
                    }
                    finally
                    {
                        api.Dispose();
                    }
                },
                static e => e is ClientException or IOException or UnauthorizedAccessException,
                cancellationToken,
                error);
        });

    private ServerAddress Server(ParseResult parsed)
    {
        string url = NotEmpty(parsed.GetValue(_url)) ?? NotEmpty(_host.Environment("OPENVIKING_URL")) ?? ServerAddress.Default;
        string? key = NotEmpty(parsed.GetValue(_key)) ?? NotEmpty(_host.Environment("OPENVIKING_API_KEY"));
        if (key?.All(static c => c is > ' ' and <= '~') == false)
        {
            throw new ClientException("A key is visible ASCII characters.");
        }

        return new ServerAddress(
            ServerAddress.Parse(url), key, NotEmpty(parsed.GetValue(_account)), NotEmpty(parsed.GetValue(_user)));
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
