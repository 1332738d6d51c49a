using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DurableSessions.Core.Semantics;
using DurableSessions.Http;
using DurableSessions.Orchestration;
using DurableSessions.Server.Clients;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Server.Tests.Clients;

/// <summary>What a command wrote, and how it ended.</summary>
internal sealed record CommandResult(int Code, string Output, string Error)
{
    public JsonElement Json => JsonElement.Parse(Output);

    public CommandResult Succeeded()
    {
        Assert.Equal((0, ""), (Code, Error));
        return this;
    }
}

/// <summary>The API on simulated storage, and the commands of its clients, in this process.</summary>
public sealed class CommandHost : IAsyncLifetime
{
    private readonly SimulatedFixture _storage = new();
    private WebApplication? _app;

    public Uri Address => new(_app!.Urls.Single());

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHost(await _storage.NewStorageAsync(), new CountingProcessor());
        builder.Services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = "1.2.3" }).BindLimits();
        _app = builder.Build();
        _app.UseDurableSessionsHttp();
        _app.MapDurableSessions();
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await _storage.DisposeAsync();
    }

    /// <summary>Runs a command as a user of its own.</summary>
    internal Task<CommandResult> RunAsync(string user, params string[] arguments) => RunAsync(user, handler: null, arguments);

    internal async Task<CommandResult> RunAsync(string user, HttpMessageHandler? handler, params string[] arguments)
    {
        var host = new ClientHost
        {
            Environment = name => name == "OPENVIKING_URL" ? Address.ToString() : null,
            Handler = () => handler ?? SessionApi.CreateHandler(),
        };
        return await RunAsync(host, [.. arguments, "--user", user]);
    }

    internal static async Task<CommandResult> RunAsync(ClientHost host, params string[] arguments)
    {
        var root = new RootCommand();
        foreach (Command command in ClientCommands.Create(host))
        {
            root.Add(command);
        }

        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        await using var error = new StringWriter(CultureInfo.InvariantCulture);
        int code = await root.Parse(arguments).InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null },
            TestContext.Current.CancellationToken);
        return new CommandResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Counts messages, and fails for good on one that says so.</summary>
    private sealed class CountingProcessor : ISemanticProcessor
    {
        public string Name => "counting";

        public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
        {
            int count = 0;
            await foreach (Core.Messages.SessionMessage message in request.Messages.WithCancellation(cancellationToken))
            {
                count++;
                if (Encoding.UTF8.GetString(message.Line.Span).Contains("fail this commit", StringComparison.Ordinal))
                {
                    throw new NonRetriableTaskException("The model refuses.");
                }
            }

            return new SemanticDigest($"{count} messages", $"# {count} messages");
        }
    }
}
