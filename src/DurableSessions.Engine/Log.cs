using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine;

/// <summary>
/// What the engine logs. Its event ids are 2000 to 2099, one for each message. They are stable, since alerts and filters
/// of operators name them: a new message takes the next free id, and the id of a removed one is not used again.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Instance {InstanceId} ({Orchestrator}) is scheduled")]
    public static partial void Scheduled(this ILogger log, string instanceId, string orchestrator);

    [LoggerMessage(2001, LogLevel.Information, "Instance {InstanceId} ({Orchestrator}) is claimed")]
    public static partial void Claimed(this ILogger log, string instanceId, string orchestrator);

    [LoggerMessage(2002, LogLevel.Information, "Instance {InstanceId} ({Orchestrator}) is claimed for {Message}")]
    public static partial void ClaimedFor(this ILogger log, string instanceId, string orchestrator, HistoryEventType message);

    [LoggerMessage(2003, LogLevel.Information, "Instance {InstanceId} ({Orchestrator}) {Status}: {Error}")]
    public static partial void Ended(
        this ILogger log, string instanceId, string orchestrator, OrchestrationRuntimeStatus status, string? error);

    [LoggerMessage(2004, LogLevel.Information, "Instance {InstanceId} has ended; a late copy of its creation is removed")]
    public static partial void GhostRemoved(this ILogger log, string instanceId);

    [LoggerMessage(2005, LogLevel.Error, "Instance {InstanceId} is dropped; it goes on once its ownership has lapsed")]
    public static partial void InstanceDropped(this ILogger log, Exception exception, string instanceId);

    [LoggerMessage(2006, LogLevel.Warning, "Instance {InstanceId} was taken over by another host")]
    public static partial void TakenOver(this ILogger log, string instanceId);

    [LoggerMessage(2007, LogLevel.Warning, "Instance {InstanceId} was taken over by another host before its end")]
    public static partial void TakenOverBeforeEnd(this ILogger log, string instanceId);

    [LoggerMessage(2008, LogLevel.Warning, "Instance {InstanceId} has left this host: {Violation}")]
    public static partial void ViolationCameLate(this ILogger log, string instanceId, string violation);

    [LoggerMessage(2009, LogLevel.Debug, "A result of {Activity} came after instance {InstanceId} had left this host")]
    public static partial void AnswerCameLate(this ILogger log, string? activity, string instanceId);

    [LoggerMessage(2010, LogLevel.Warning, "An activity of instance {InstanceId} threw when it was cancelled")]
    public static partial void ActivityThrewAtCancellation(this ILogger log, Exception exception, string instanceId);

    [LoggerMessage(2011, LogLevel.Warning, "Instance {InstanceId} waits for a host that has the activities {Activities}")]
    public static partial void ActivitiesUnknown(this ILogger log, string instanceId, string activities);

    [LoggerMessage(2012, LogLevel.Warning, "Instance {InstanceId} needs orchestrator {Orchestrator}, which this host does not have")]
    public static partial void OrchestratorUnknown(this ILogger log, string instanceId, string orchestrator);

    [LoggerMessage(2013, LogLevel.Warning, "Instance {InstanceId} could not be claimed; it is tried again")]
    public static partial void ClaimFailed(this ILogger log, Exception exception, string instanceId);

    [LoggerMessage(2014, LogLevel.Warning, "The active instances could not be listed")]
    public static partial void ListingFailed(this ILogger log, Exception exception);

    [LoggerMessage(2015, LogLevel.Warning, "Blob {Blob} is no instance that this host can read; it is left alone")]
    public static partial void BlobUnreadable(this ILogger log, string blob);

    [LoggerMessage(2016, LogLevel.Warning, "Not all instances could be given back in time")]
    public static partial void NotAllGivenBack(this ILogger log);

    [LoggerMessage(2017, LogLevel.Warning, "Host {Host} was started elsewhere under the same name; this one goes on under another")]
    public static partial void NameTaken(this ILogger log, string host);

    [LoggerMessage(
        2018, LogLevel.Warning, "Host {Host} could not take its name; what its predecessor owned goes on once the ownership has lapsed")]
    public static partial void NameNotTaken(this ILogger log, Exception exception, string host);

    [LoggerMessage(
        2019, LogLevel.Error, "Instance {InstanceId} cannot be read as it is stored, and has failed; what was stored is in {Blob}")]
    public static partial void InstanceUnreadable(this ILogger log, Exception exception, string instanceId, string blob);

    [LoggerMessage(2020, LogLevel.Warning, "Instance {InstanceId} is left to a host of a newer version")]
    public static partial void InstanceNewer(this ILogger log, Exception exception, string instanceId);

    [LoggerMessage(
        2021, LogLevel.Warning, "Host {Host} could not look whether it was started elsewhere; it keeps its name until the next sweep")]
    public static partial void NameNotChecked(this ILogger log, Exception exception, string host);

    [LoggerMessage(2022, LogLevel.Information, "Instance {InstanceId} ({Orchestrator}) is parked until {Activities} has a free slot")]
    public static partial void Parked(this ILogger log, string instanceId, string orchestrator, string activities);

    [LoggerMessage(2023, LogLevel.Warning, "The sign that this host gave instances back was not written; other hosts' sweeps find them")]
    public static partial void HandoverNotTold(this ILogger log, Exception exception);

    [LoggerMessage(2024, LogLevel.Warning, "This host cannot look whether another one has given instances back; its next sweep finds them")]
    public static partial void HandoverNotSeen(this ILogger log, Exception exception);

    [LoggerMessage(2025, LogLevel.Warning, "Sub-orchestration {InstanceId} of instance {ParentId} could not be created; it is tried again")]
    public static partial void ChildNotCreated(this ILogger log, Exception exception, string instanceId, string parentId);

    [LoggerMessage(2026, LogLevel.Warning, "The sign that this host lives was not written; its instances are renewed one by one meanwhile")]
    public static partial void LivenessNotTold(this ILogger log, Exception exception);

    [LoggerMessage(2027, LogLevel.Warning, "This host cannot look which others live; what a dead one had goes on later")]
    public static partial void LivenessNotSeen(this ILogger log, Exception exception);
}
