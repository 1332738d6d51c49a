using System.CommandLine;
using DurableSessions.Core.Identities;
using DurableSessions.Http;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Keys;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Logging.Console;

namespace DurableSessions.Server.Keys;

/// <summary>
/// <c>keys add|list|rotate|revoke</c>: who may use the service. Works on the configured storage, also while hosts run on it. Exits with
/// 0, or with 1 after an error.
/// </summary>
internal static class KeysCommand
{
    private const string NoKeys =
        ", so there are no keys. Check Storage:Container; 'keys add' creates the container with the first key.";

    private const int OverlapHours = 24;

    // The entries of the audit log that the command writes, to standard error, name the user of the operating system.
    private static string Operator => $"operator {Environment.UserName}";

    public static Command Create()
    {
        var command = new Command(
            "keys", "Who may use the service. Once there is a key, every request needs one; a change reaches all hosts within a minute.");
        command.Add(CreateAdd());
        command.Add(CreateList());
        command.Add(CreateRotate());
        command.Add(CreateRevoke());
        return command;
    }

    private static Command CreateAdd()
    {
        var account = new Option<string>("--account")
        {
            Description = "The account of the user.",
            DefaultValueFactory = static _ => "default",
        };
        var user = new Option<string>("--user")
        {
            Description = "The user whose sessions the key opens.",
            DefaultValueFactory = static _ => "default",
        };
        var isOperator = new Option<bool>("--operator")
        {
            Description = "An operator's key instead: it opens the orchestrations and no sessions.",
        };
        var name = new Option<string>("--name") { Description = "What the key is for, as the list shows it." };
        Option<int?> expires = NumberOption.Create(
            "--expires", 1, NewKey.MaxLifetimeDays, "days", "How long the key is valid; else until it is revoked");
        var isReadOnly = new Option<bool>("--read-only") { Description = "The key opens only what reads." };
        var command = new Command("add", "Make a key, and show it: once, since only its hash is kept.")
        {
            account, user, isOperator, name, expires, isReadOnly,
        };
        command.Validators.Add(parsed =>
        {
            foreach (Option<string> option in (Option<string>[])[account, user])
            {
                if (parsed.GetResult(option) is { Implicit: false } && !SessionKey.IsValidId(parsed.GetValue(option)))
                {
                    parsed.AddError(
                        $"{option.Name} is 1 to {SessionKey.MaxIdLength} characters of A-Z a-z 0-9 _ . @ - with at most one @, "
                        + "and neither '.' nor '..'.");
                }
            }

            if (parsed.GetValue(isOperator)
                && (parsed.GetResult(account) is { Implicit: false } || parsed.GetResult(user) is { Implicit: false }))
            {
                parsed.AddError("An operator's key belongs to no account and no user.");
            }

            if (parsed.GetValue(name) is { } text && !NewKey.IsValidName(text))
            {
                parsed.AddError(
                    $"--name is 1 to {NewKey.MaxNameLength} characters that are all printed, the first and the last no spaces.");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            (store, audit, stop) =>
            {
                bool isOf = !parsed.GetValue(isOperator);
                var what = new NewKey(isOf ? parsed.GetValue(account) : null, isOf ? parsed.GetValue(user) : null)
                {
                    Name = parsed.GetValue(name),
                    LifetimeDays = parsed.GetValue(expires),
                    IsReadOnly = parsed.GetValue(isReadOnly),
                };
                return AddAsync(store, audit, what, stop);
            },
            cancellationToken,
            creates: true));
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "List the keys, without their secrets.");
        command.SetAction((_, cancellationToken) => RunAsync(
            static (store, _, stop) => ListAsync(store, stop), cancellationToken));
        return command;
    }

    private static Command CreateRotate()
    {
        var id = new Argument<string>("id") { Description = "The id of the key that is replaced, as the list has it." };
        Option<int?> overlap = NumberOption.Create(
            "--overlap", 0, (int)KeyStore.MaxOverlap.TotalHours, "hours", $"How long both keys are valid, {OverlapHours} unless set");
        var command = new Command("rotate", "Make a key in the place of another one, which expires, and show it once.") { id, overlap };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            (store, audit, stop) => RotateAsync(
                store, audit, parsed.GetValue(id)!, TimeSpan.FromHours(parsed.GetValue(overlap) ?? OverlapHours), stop),
            cancellationToken));
        return command;
    }

    private static Command CreateRevoke()
    {
        var id = new Argument<string>("id") { Description = "The key's id, as the list has it." };
        var command = new Command("revoke", "Take a key back.") { id };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            (store, audit, stop) => RevokeAsync(store, audit, parsed.GetValue(id)!, stop), cancellationToken));
        return command;
    }

    private static async Task<int> AddAsync(KeyStore store, KeyAudit audit, NewKey what, CancellationToken cancellationToken)
    {
        (string text, ApiKey key) = await store.AddAsync(what, cancellationToken);
        audit.Added(key, Operator);
        await Console.Out.WriteLineAsync(
            $"""
            Key {key.Id} of {KeyLine.Owner(key)}. It is shown this once:

            {text}
            """);
        return 0;
    }

    private static async Task<int> ListAsync(KeyStore store, CancellationToken cancellationToken)
    {
        IReadOnlyList<ApiKey>? keys = await store.ListAsync(cancellationToken);
        IReadOnlyDictionary<string, DateOnly> uses = await store.ListUsesAsync(cancellationToken);
        foreach (ApiKey key in keys ?? [])
        {
            DateOnly? used = uses.TryGetValue(key.Id, out DateOnly day) ? day : null;
            await Console.Out.WriteLineAsync(KeyLine.Of(key, used, TimeProvider.System.GetUtcNow()));
        }

        await Console.Out.WriteLineAsync(keys switch
        {
            null => "There never was a key. Make the first one with 'keys add'.",
            [] => "There is no key, so every request is refused.",
            _ => $"{keys.Count} of at most {KeyStore.MaxKeys} keys.",
        });
        return 0;
    }

    private static async Task<int> RevokeAsync(KeyStore store, KeyAudit audit, string id, CancellationToken cancellationToken)
    {
        if (await store.RevokeAsync(id, cancellationToken))
        {
            audit.Revoked(id, name: null, Operator);
            await Console.Out.WriteLineAsync($"Key {id} is revoked; within a minute no host takes it.");
            return 0;
        }

        return await MissingAsync(id);
    }

    private static async Task<int> RotateAsync(
        KeyStore store, KeyAudit audit, string id, TimeSpan overlap, CancellationToken cancellationToken)
    {
        if (await store.RotateAsync(id, overlap, cancellationToken) is not { } rotated)
        {
            return await MissingAsync(id);
        }

        audit.Rotated(rotated.Old, Operator);
        await Console.Out.WriteLineAsync(
            $"""
            Key {rotated.Key.Id} of {KeyLine.Owner(rotated.Key)} takes the place of key {id},
            which is valid until {KeyLine.Time(rotated.Old.ExpiresAt!.Value)}. It is shown this once:

            {rotated.Text}
            """);
        return 0;
    }

    private static async Task<int> MissingAsync(string id)
    {
        await Console.Error.WriteLineAsync($"error: There is no key {id}.");
        return CommandRun.Failed;
    }

    private static Task<int> RunAsync(
        Func<KeyStore, KeyAudit, CancellationToken, Task<int>> run, CancellationToken cancellationToken, bool creates = false) =>
        CommandRun.RunAsync(
        async stop =>
        {
            // The settings of the server: the same files, the same environment.
            WebApplicationBuilder builder = WebApplication.CreateBuilder(
                new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            await using var storage = new StorageConnection();
            builder.Services.AddStorage(storage);
            builder.Services.AddApiKeys();
            builder.Logging.AddUtcConsole();
            builder.Services.Configure<ConsoleLoggerOptions>(static options => options.LogToStandardErrorThreshold = LogLevel.Trace);
            await using WebApplication host = builder.Build();
            await storage.OpenAsync(host.Services, Console.Error.WriteLine, creates ? null : NoKeys, stop);
            return await run(
                host.Services.GetRequiredService<KeyStore>(), host.Services.GetRequiredService<KeyAudit>(), stop);
        },
        static e => CommandRun.IsOfStorage(e) || e is InvalidOperationException or TimeoutException,
        cancellationToken);
}
