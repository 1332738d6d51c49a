using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using DurableSessions.Http;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Limits;
using DurableSessions.Orchestration;
using DurableSessions.Ui.Commits;
using DurableSessions.Ui.Hosts;
using DurableSessions.Ui.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Ui.Pages;

/// <summary>The hosts, what this one measures, its limits, and the audit of storage.</summary>
internal static class HostPages
{
    private static readonly (Rates.Quantity Quantity, string Title, string Unit)[] s_charts =
    [
        (Rates.Quantity.Messages, "Messages appended", "/s"),
        (Rates.Quantity.Commits, "Commits ended", "/min"),
        (Rates.Quantity.Requests, "Storage requests", "/s"),
        (Rates.Quantity.Refused, "Conflicts and throttles", "/min"),
        (Rates.Quantity.Retries, "Steps tried again", "/min"),
        (Rates.Quantity.Loaded, "Instances on this host", ""),
        (Rates.Quantity.Waiting, "Steps waiting for a slot", ""),
    ];

    public static void MapHostPages(this IEndpointRouteBuilder ui)
    {
        RouteGroupBuilder host = ui.MapGroup("/host");
        host.MapGet("/", ShowAsync).WithWeight(3);
        host.MapGet("/live", static (Operator _, [FromServices] Rates? rates, StorageCheckRun check) => new LiveStream(
            "host", _ => Task.FromResult($"{rates?.Ticks}.{check.Last?.GetHashCode()}"))).WithWeight(1);
        host.MapPost("/check", Check).WithMetadata(new OperatorAction("check")).WithWeight(100);
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http,
        Operator _,
        [FromServices] OrchestrationHosts? hosts,
        CommitBoard board,
        [FromServices] Rates? rates,
        StorageCheckRun check,
        DurableSessionsHttpOptions options,
        IOptions<HttpLimits> limits,
        IOptions<SessionOptions> store) => http.OperatorsPage<HostPage>(new HostModel(
            options.Version,
            hosts is null ? null : await hosts.ListAsync(http.RequestAborted),
            await board.ReadAsync(http.RequestAborted),
            rates is null ? [] : [.. s_charts.Select(c => new HostChart(c.Title, c.Unit, rates.Of(c.Quantity)))],
            [.. Values("Limits", limits.Value), .. Values("", store.Value)],
            check.Last));

    private static SeeOther Check(HttpContext http, Operator _, StorageCheckRun check)
    {
        bool began = check.TryBegin();
        return new SeeOther(PageContext.Of(http).Link("/host", ("said", began ? Notices.Checking : Notices.CheckUnderWay)));
    }

    // Numbers, times and switches alone: none of them is a secret.
    private static IEnumerable<(string Name, string Value)> Values(string section, object options) => options.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(static p => p.GetIndexParameters().Length == 0
            && (Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType) is var type
            && (type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(bool) || type == typeof(TimeSpan)))
        .Select(p => (Name: p.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? p.Name, Value: Text(p.GetValue(options))))
        .OrderBy(static p => p.Name, StringComparer.Ordinal)
        .Select(p => (section.Length > 0 ? $"{section}:{p.Name}" : p.Name, p.Value));

    private static string Text(object? value) => value switch
    {
        null => "none",
        int or long or double => ((IFormattable)value).ToString("#,0.##", CultureInfo.InvariantCulture),
        _ => TypeDescriptor.GetConverter(value).ConvertToInvariantString(value) ?? "",
    };
}
