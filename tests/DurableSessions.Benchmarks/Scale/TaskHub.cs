using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using global::DurableTask.AzureStorage;
using global::DurableTask.Core;
using global::DurableTask.Core.History;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>
/// The part of one host in a task hub on Azure Storage, over gRPC: what the Durable Functions extension is inside the Functions host. It
/// says of each activity that it has completed it. Settings are the provider's own, which Functions uses too, but for the time after which
/// messages that a killed host took come back.
/// </summary>
internal static class TaskHub
{
    public const string Ready = "The task hub listens";
    public const string Completed = "completed ";

    // As in host.json.
    private const int MaxActivities = 20;
    private const int MaxOrchestrators = 50;

    /// <summary>The arguments of a process that runs it.</summary>
    public static string[] Arguments(int port, string connectionString, string worker, TimeSpan visibility) =>
    [
        Path.Combine(AppContext.BaseDirectory, "DurableSessions.Benchmarks.dll"), "scale", "hub",
        port.ToString(CultureInfo.InvariantCulture), connectionString, worker,
        visibility.TotalSeconds.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Runs until its standard input is closed.</summary>
    public static async Task RunAsync(int port, string connectionString, string worker, TimeSpan visibility)
    {
        var storage = new AzureStorageOrchestrationService(new AzureStorageOrchestrationServiceSettings
        {
            TaskHubName = "scale",
            StorageAccountClientProvider = new StorageAccountClientProvider(connectionString),
            WorkerId = worker,
            ControlQueueVisibilityTimeout = visibility,
            WorkItemQueueVisibilityTimeout = visibility,
            MaxConcurrentTaskActivityWorkItems = MaxActivities,
            MaxConcurrentTaskOrchestrationWorkItems = MaxOrchestrators,
        });
        await storage.CreateIfNotExistsAsync();
        IOrchestrationService telling = DispatchProxy.Create<IOrchestrationService, Telling>();
        ((Telling)telling).Inner = storage;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(
            port, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(telling);
        builder.Services.AddSingleton<IOrchestrationServiceClient>(storage);
        builder.Services.AddSingleton<TaskHubGrpcServer>();
        await using WebApplication server = builder.Build();
        server.MapGrpcService<TaskHubGrpcServer>();
        await server.StartAsync();
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync();
    }

    /// <summary>Public for <see cref="DispatchProxy"/> alone.</summary>
    public class Telling : DispatchProxy
    {
        internal IOrchestrationService Inner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            object? result = targetMethod!.Invoke(Inner, BindingFlags.DoNotWrapExceptions, null, args, null);
            return targetMethod.Name == nameof(IOrchestrationService.CompleteTaskActivityWorkItemAsync)
                ? TellAsync((Task)result!, (TaskActivityWorkItem)args![0]!)
                : result;
        }

        private static async Task TellAsync(Task completing, TaskActivityWorkItem item)
        {
            await completing;
            Console.WriteLine(Completed + ((TaskScheduledEvent)item.TaskMessage.Event).Name);
        }
    }
}
