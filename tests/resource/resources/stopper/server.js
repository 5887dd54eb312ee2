// Stops cmsban, or only claims that it is being stopped.

on('stopper:stop', () => StopResource('cmsban'));
on('stopper:claim', () => emit('onResourceStop', 'cmsban'));
