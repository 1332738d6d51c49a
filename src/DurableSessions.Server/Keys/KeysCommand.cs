using System.CommandLine;
using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Http;
using DurableSessions.Http.Keys;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server.Keys;

/// <summary>
/// <c>keys add|list|revoke</c>: who may use the service. Works on the configured storage, also while hosts run on it. Exits with 0, or
/// with 1 after an error.
/// </summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var command = new Command(
            "keys", "Who may use the service. Once there is a key, every request needs one; a change reaches all hosts within a minute.");
        command.Add(CreateAdd());
        command.Add(CreateList());
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
        var command = new Command("add", "Make a key, and show it: once, since only its hash is kept.") { account, user, isOperator };
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
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            (store, stop) => parsed.GetValue(isOperator)
                ? AddAsync(store, null, null, stop)
                : AddAsync(store, parsed.GetValue(account), parsed.GetValue(user), stop),
            cancellationToken));
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "List the keys, without their secrets.");
        command.SetAction((_, cancellationToken) => RunAsync(ListAsync, cancellationToken));
        return command;
    }

    private static Command CreateRevoke()
    {
        var id = new Argument<string>("id") { Description = "The key's id, as the list has it." };
        var command = new Command("revoke", "Take a key back.") { id };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            (store, stop) => RevokeAsync(store, parsed.GetValue(id)!, stop), cancellationToken));
        return command;
    }

    private static async Task<int> AddAsync(KeyStore store, string? account, string? user, CancellationToken cancellationToken)
    {
        (string text, ApiKey key) = await store.AddAsync(account, user, cancellationToken);
        await Console.Out.WriteLineAsync(
            $"""
            Key {key.Id} of {Owner(key)}. It is shown this once:

            {text}
            """);
        return 0;
    }

    private static async Task<int> ListAsync(KeyStore store, CancellationToken cancellationToken)
    {
        IReadOnlyList<ApiKey>? keys = await store.ListAsync(cancellationToken);
        foreach (ApiKey key in keys ?? [])
        {
            string createdAt = key.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
            await Console.Out.WriteLineAsync($"{key.Id}  {createdAt}  {Owner(key)}");
        }

        await Console.Out.WriteLineAsync(keys switch
        {
            null => "There never was a key. Make the first one with 'keys add'.",
            [] => "There is no key, so every request is refused.",
            _ => $"{keys.Count} of at most {KeyStore.MaxKeys} keys.",
        });
        return 0;
    }

    private static async Task<int> RevokeAsync(KeyStore store, string id, CancellationToken cancellationToken)
    {
        if (await store.RevokeAsync(id, cancellationToken))
        {
            await Console.Out.WriteLineAsync($"Key {id} is revoked; within a minute no host takes it.");
            return 0;
        }

        await Console.Error.WriteLineAsync($"error: There is no key {id}.");
        return CommandRun.Failed;
    }

    private static string Owner(ApiKey key) => key.IsOperator ? "an operator" : $"user {key.User} of account {key.Account}";

    private static Task<int> RunAsync(
        Func<KeyStore, CancellationToken, Task<int>> run, CancellationToken cancellationToken) => CommandRun.RunAsync(
        async stop =>
        {
            // The settings of the server: the same files, the same environment.
            WebApplicationBuilder builder = WebApplication.CreateBuilder(
                new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            await using var storage = new StorageConnection();
            builder.Services.AddStorage(storage);
            builder.Services.AddApiKeys();
            await using WebApplication host = builder.Build();
            await storage.OpenAsync(host.Services, Console.Error.WriteLine, stop);
            return await run(host.Services.GetRequiredService<KeyStore>(), stop);
        },
        static e => CommandRun.IsOfStorage(e) || e is InvalidOperationException or TimeoutException,
        cancellationToken);
}
