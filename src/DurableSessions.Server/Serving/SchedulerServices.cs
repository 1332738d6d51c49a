using DurableSessions.Hosting;
#if AZURE_FUNCTIONS
using DurableSessions.DurableTask;
using DurableSessions.Orchestration;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Client.AzureManaged;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.AzureManaged;
#endif

namespace DurableSessions.Server.Serving;

/// <summary>Durable Task on the Durable Task Scheduler.</summary>
internal static class SchedulerServices
{
    /// <exception cref="StartException">The connection string is invalid, or this server was built without Durable Task.</exception>
    public static void AddScheduler(this IServiceCollection services, string connection)
    {
#if AZURE_FUNCTIONS
        try
        {
            services.AddDurableTaskWorker(worker =>
            {
                worker.UseDurableTaskScheduler(connection);
                worker.Configure(static options => options.DataConverter = DurablePayloads.Converter);
                worker.Services.AddOptions<DurableTaskRegistry>(worker.Name)
                    .Configure<OrchestrationRegistry>(static (durable, ours) => durable.AddAll(ours));
            });
            services.AddDurableTaskClient(client =>
            {
                client.UseDurableTaskScheduler(connection);
                client.Configure(static options => options.DataConverter = DurablePayloads.Converter);
                client.RegisterDirectly();
            });
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new StartException($"ConnectionStrings:Scheduler is no connection string of a scheduler: {e.Message}", e);
        }

        services.AddSingleton<OrchestrationClient>(static provider =>
            new DurableClient(provider.GetRequiredService<DurableTaskClient>(), provider.GetRequiredService<TimeProvider>()));
#else
        throw new StartException("Engine is DurableTask, but this server was built without it: build with -p:AzureFunctions=true.");
#endif
    }
}
